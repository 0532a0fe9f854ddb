package dev.regild.demo.cluster;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.RunningProgram;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of several nodes, as {@code regild serve} or {@code regild worker} starts it, with what this
 * process was started with. It ends with this process, however that ends.
 *
 * @param name among the nodes
 * @param data its own data directory
 */
public record RegildNode(String name, Path data, RunningProgram program) implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Pattern STARTED = Pattern.compile("started\" address=\"?([0-9.]+:\\d+)");

  /**
   * Starts one, and waits until it answers.
   *
   * @param role {@code serve} or {@code worker}
   * @param data exists; also for its log
   * @param settings variables of its environment
   * @throws IOException if it does not start; the message has the end of its log
   */
  public static RegildNode start(
      String role, String name, Path data, Map<String, String> settings)
      throws IOException, InterruptedException {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.putAll(settings);
    environment.put("REGILD_NODE_NAME", name);
    environment.put("REGILD_DATA", data.toString());
    environment.put("REGILD_LISTEN", "127.0.0.1:0");
    environment.put("REGILD_WORKER_LISTEN", "127.0.0.1:0");
    try {
      RegildNode node =
          new RegildNode(
              name, data, new Program(command(role, data), START, environment).startTied());
      node.awaitStart();
      return node;
    } catch (ProgramException e) {
      throw new IOException("The node %s does not start: %s".formatted(name, e.getMessage()), e);
    }
  }

  private static List<String> command(String role, Path data) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ >\"$1/pid\"; log=$1/node.log; shift; exec \"$@\" >\"$log\" 2>&1",
                "node",
                data.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dev.regild.cli.Regild", role));
    return command;
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!STARTED.matcher(log()).find()) {
      if (System.nanoTime() > deadline || hasEnded()) {
        String log = log();
        close();
        throw new IOException(
            "The node %s does not start:%n%s"
                .formatted(name, log.substring(Math.max(0, log.length() - 2000))));
      }
      Thread.sleep(100);
    }
  }

  private boolean hasEnded() throws IOException {
    return Files.exists(data.resolve("pid"))
        && !Files.readString(data.resolve("pid")).isBlank()
        && ProcessHandle.of(pid()).isEmpty();
  }

  /** Returns the number of its process. */
  public long pid() throws IOException {
    return Long.parseLong(Files.readString(data.resolve("pid")).strip());
  }

  /** Returns what it has logged so far. */
  public String log() throws IOException {
    Path log = data.resolve("node.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** Returns where it answers. */
  public URI endpoint() throws IOException {
    Matcher started = STARTED.matcher(log());
    if (!started.find()) {
      throw new IOException("The log of the node %s does not say where it listens.".formatted(name));
    }
    return URI.create("http://" + started.group(1));
  }

  /** Ends its process as {@code kill -9} does; what that had started is left alone. */
  public void kill() throws IOException {
    ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Kills it with all that it has started. */
  @Override
  public void close() {
    program.close();
  }
}
