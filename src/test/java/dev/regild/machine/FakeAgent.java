package dev.regild.machine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A fake of the guest agent at the outermost edge: its protocol on a real Unix socket. */
public final class FakeAgent implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerSocketChannel server;
  private final Function<List<String>, Program> programs;
  private final Consumer<String> shutdown;
  private final AtomicLong pids = new AtomicLong(100);
  private final Map<Long, Program> running = new HashMap<>();
  private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();

  /** What it says in the place of an answer to any request; null: it answers as it should. */
  public volatile byte[] junk;

  /** Whether it says nothing at all. */
  public volatile boolean silent;

  /** How long it takes before it says why it does not shut the guest down. */
  public volatile Duration refusesAfter = Duration.ZERO;

  /** Whether it cuts the connection in the place of the next answer on a program's status. */
  public volatile boolean cutsAtStatus;

  /**
   * A program of the guest.
   *
   * @param exitCode as the agent has it; null: it never ends
   */
  public record Program(Long exitCode, String output) {
    public static final Program LOST = new Program(-9L, "the agent is restarted");

    public static Program ended(long exitCode) {
      return new Program(exitCode, "");
    }
  }

  public FakeAgent(Path socket, Function<List<String>, Program> programs, Consumer<String> shutdown)
      throws IOException {
    this.programs = programs;
    this.shutdown = shutdown;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        connections.add(connection);
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  /** Forgets its programs and cuts the connection, as an agent that is restarted. */
  public void restart() {
    synchronized (running) {
      running.clear();
    }
    cut();
  }

  /** Cuts the connection. */
  public void cut() {
    for (SocketChannel connection : connections) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    connections.clear();
  }

  private void serve(SocketChannel connection) {
    try (var in =
            new BufferedReader(
                new InputStreamReader(
                    Channels.newInputStream(connection), StandardCharsets.ISO_8859_1));
        var out = Channels.newOutputStream(connection)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!silent) {
          answer(JSON.readTree(line.substring(line.lastIndexOf('\u00ff') + 1)), out);
        }
      }
    } catch (IOException cut) {
      // As a guest that restarts does.
    }
  }

  private void answer(JsonNode request, OutputStream out) throws IOException {
    String command = request.get("execute").asString();
    JsonNode arguments = request.path("arguments");
    byte[] instead = junk;
    if (instead != null && !command.startsWith("guest-sync")) {
      if (command.equals("guest-shutdown")) {
        LockSupport.parkNanos(refusesAfter.toNanos());
      }
      out.write(instead);
      return;
    }
    switch (command) {
      case "guest-sync-delimited" -> {
        out.write(0xff);
        say(out, "{\"return\": " + arguments.get("id") + "}");
      }
      case "guest-exec" -> {
        List<String> words = new ArrayList<>(List.of(arguments.get("path").asString()));
        arguments.get("arg").forEach(word -> words.add(word.asString()));
        Program program = programs.apply(words);
        long pid = pids.incrementAndGet();
        if (!program.equals(Program.LOST)) {
          synchronized (running) {
            running.put(pid, program);
          }
        }
        say(out, "{\"return\": {\"pid\": " + pid + "}}");
      }
      case "guest-exec-status" -> {
        if (cutsAtStatus) {
          cutsAtStatus = false;
          cut();
          return;
        }
        say(out, status(arguments.get("pid").asLong()));
      }
      case "guest-shutdown" -> shutdown.accept(arguments.get("mode").asString());
      default -> say(out, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}");
    }
  }

  private String status(long pid) {
    synchronized (running) {
      Program program = running.get(pid);
      if (program == null) {
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Invalid parameter 'pid'\"}}";
      }
      if (program.exitCode() == null) {
        return "{\"return\": {\"exited\": false}}";
      }
      running.remove(pid);
      return "{\"return\": {\"exited\": true, \"exitcode\": %d, \"out-data\": \"%s\"}}"
          .formatted(
              program.exitCode(),
              Base64.getEncoder()
                  .encodeToString(program.output().getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static void say(OutputStream out, String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
