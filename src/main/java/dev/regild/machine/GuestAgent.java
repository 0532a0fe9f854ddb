package dev.regild.machine;

import dev.regild.files.OpenSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client of the QEMU guest agent, which runs programs in a guest. It reconnects when the agent or
 * the guest restarts. The agent's answers are untrusted: they are bounded, and junk is an error.
 *
 * <p>One thread uses it; {@link #close} may come from any other, and ends what that thread waits
 * for. The protocol is QEMU's {@code qga/qapi-schema.json}.
 */
public final class GuestAgent implements AutoCloseable {
  /** The virtio-serial port that agents listen on. */
  static final String PORT = "org.qemu.guest_agent.0";

  /** An answer holds a program's whole output in Base64: installers write some kilobytes. */
  private static final int MAX_ANSWER_BYTES = 8 << 20;

  private static final int MAX_JUNK_BYTES = 4 << 20;

  /** A refusal comes after the agent's own attempt; silence is what a guest that goes down does. */
  private static final Duration REFUSAL = Duration.ofSeconds(10);

  private static final Duration SYNC_AGAIN = Duration.ofSeconds(5);
  private static final Duration RECONNECT_AGAIN = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final Duration answerLimit;
  private volatile @Nullable JsonSocket socket;
  private volatile boolean closed;

  /**
   * What came of a program.
   *
   * @param exitCode as an unsigned 32-bit number: Windows' are HRESULTs
   * @param output what it wrote to its standard output, then to its standard error; characters that
   *     are not UTF-8 are replaced
   */
  public record Execution(long exitCode, String output) {}

  /** How a guest ends. */
  public enum Shutdown {
    POWER_OFF("powerdown"),
    RESTART("reboot");

    private final String mode;

    Shutdown(String mode) {
      this.mode = mode;
    }
  }

  /**
   * @param path of the socket, on which QEMU or somebody else listens
   * @param answerLimit how long an agent that is there may take for an answer
   */
  public GuestAgent(Path path, Duration answerLimit) {
    this.path = path;
    this.answerLimit = answerLimit;
  }

  /**
   * Waits until the agent answers.
   *
   * @return false when the time was up first
   * @throws GuestAgentException if the machine is gone, or the agent sends something else than an
   *     answer
   */
  public boolean await(Duration limit) throws GuestAgentException, InterruptedException {
    Deadline deadline = Deadline.in(limit);
    while (!deadline.isOver()) {
      try {
        if (synchronise(deadline.atMost(SYNC_AGAIN))) {
          return true;
        }
      } catch (IOException e) {
        requireThere(e);
        Thread.sleep(deadline.atMost(RECONNECT_AGAIN).left());
      }
    }
    return false;
  }

  /**
   * Runs a program of the guest to its end. An agent that falls silent meanwhile is waited for.
   *
   * @param command the program, by name, and its arguments; no shell is involved
   * @throws LostProgramException if the agent was restarted meanwhile
   * @throws GuestAgentException if it did not end in time (it then still runs), the agent does not
   *     run programs, or the machine is gone
   */
  public Execution run(List<String> command, Duration limit)
      throws GuestAgentException, InterruptedException {
    Deadline deadline = Deadline.in(limit);
    ObjectNode arguments = JSON.createObjectNode();
    arguments.put("path", command.getFirst());
    command.stream().skip(1).forEach(arguments.putArray("arg")::add);
    arguments.put("capture-output", true);
    requireAnswers(deadline);
    long pid;
    try {
      pid = AgentAnswer.processId(call("guest-exec", arguments));
    } catch (IOException e) {
      requireThere(e);
      throw new LostProgramException(
          "the guest agent disconnected before it started %s: %s"
              .formatted(command.getFirst(), e.getMessage()));
    }
    return awaitEnd(command.getFirst(), pid, deadline, limit);
  }

  private Execution awaitEnd(String program, long pid, Deadline deadline, Duration limit)
      throws GuestAgentException, InterruptedException {
    ObjectNode arguments = JSON.createObjectNode().put("pid", pid);
    Duration pause = Duration.ofMillis(20);
    while (!deadline.isOver()) {
      try {
        JsonNode status = call("guest-exec-status", arguments);
        if (status.path("exited").asBoolean(false)) {
          return AgentAnswer.execution(program, status);
        }
        Thread.sleep(deadline.atMost(pause).left());
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      } catch (AgentAnswer.RefusedCallException e) {
        throw new LostProgramException(
            "the guest agent was restarted while %s ran (%s)".formatted(program, e.getMessage()));
      } catch (IOException e) {
        requireThere(e);
        if (!await(deadline.left())) {
          break;
        }
      }
    }
    throw new GuestAgentException(
        "%s did not end in the guest within %d s".formatted(program, limit.toSeconds()));
  }

  /**
   * Tells the guest to shut itself down; an agent answers nothing to that, or something when it
   * can't. Returns once it has been silent for some seconds, or went away.
   *
   * @throws GuestAgentException if it doesn't do it
   */
  public void shutDown(Shutdown how) throws GuestAgentException, InterruptedException {
    requireAnswers(Deadline.in(answerLimit));
    try {
      JsonSocket connected = connected();
      ObjectNode request = request("guest-shutdown", JSON.createObjectNode().put("mode", how.mode));
      if (!connected.send(bytes(request), Deadline.in(answerLimit))) {
        throw new GuestAgentException("the guest agent did not accept guest-shutdown");
      }
      Optional<String> answer =
          connected.line(MAX_ANSWER_BYTES, Deadline.in(answerLimit).atMost(REFUSAL));
      if (answer.isPresent()) {
        var _ = AgentAnswer.result("guest-shutdown", answer.get());
      }
    } catch (IOException goingDown) {
      requireOpen(goingDown);
    }
  }

  /** Ends the connection; whoever waits for an answer gets GuestAgentException. */
  @Override
  public void close() {
    closed = true;
    drop();
  }

  private void requireAnswers(Deadline deadline) throws GuestAgentException, InterruptedException {
    Duration limit = deadline.atMost(answerLimit).left();
    if (!await(limit)) {
      throw new GuestAgentException(
          "the guest agent did not answer within " + limit.toMillis() / 1000.0 + " s");
    }
  }

  /** An error for a machine that is gone for good; an agent that went away may come back. */
  private void requireThere(IOException e) throws GuestAgentException {
    requireOpen(e);
    // QEMU takes its socket away when it ends, unless it is killed.
    if (e instanceof ConnectException || Files.notExists(path)) {
      throw new GuestAgentException("the guest agent's machine has stopped", e);
    }
  }

  private void requireOpen(IOException e) throws GuestAgentException {
    drop();
    if (closed) {
      throw new GuestAgentException("Regild closed the connection to the guest agent", e);
    }
    if (e instanceof HostileAnswerException || e instanceof OpenSocket.NoSocketException) {
      throw new GuestAgentException(String.valueOf(e.getMessage()), e);
    }
  }

  private void drop() {
    JsonSocket connected = socket;
    if (connected != null) {
      connected.close();
    }
    socket = null;
  }

  private JsonSocket connected() throws IOException {
    JsonSocket connected = socket;
    if (connected == null) {
      if (closed) {
        throw new IOException("closed");
      }
      connected = JsonSocket.connect(path);
      socket = connected;
    }
    return connected;
  }

  /**
   * Finds the place in the conversation again: what came before the answer to a random number is of
   * requests that nobody waits for any more.
   */
  private boolean synchronise(Deadline deadline) throws IOException, InterruptedException {
    JsonSocket connected = connected();
    long id = ThreadLocalRandom.current().nextLong(1L << 53);
    ObjectNode request = request("guest-sync-delimited", JSON.createObjectNode().put("id", id));
    if (!connected.send(new byte[] {(byte) AgentAnswer.RESET}, deadline)
        || !connected.send(bytes(request), deadline)) {
      return false;
    }
    long junk = 0;
    while (true) {
      Optional<String> line = line(connected, deadline);
      if (line.isEmpty()) {
        return false;
      }
      if (AgentAnswer.isSynchronised(line.get(), id)) {
        return true;
      }
      junk += line.get().length();
      if (junk > MAX_JUNK_BYTES) {
        throw new HostileAnswerException(
            "the guest agent sends data without end and no response: "
                + AgentAnswer.start(line.get()));
      }
    }
  }

  private JsonNode call(String command, ObjectNode arguments)
      throws IOException, GuestAgentException, InterruptedException {
    Deadline deadline = Deadline.in(answerLimit);
    JsonSocket connected = connected();
    if (connected.send(bytes(request(command, arguments)), deadline)) {
      Optional<String> line = line(connected, deadline);
      if (line.isPresent()) {
        return AgentAnswer.result(command, line.get());
      }
    }
    throw new IOException(
        "the guest agent did not answer %s within %d s"
            .formatted(command, answerLimit.toSeconds()));
  }

  private static Optional<String> line(JsonSocket connected, Deadline deadline)
      throws IOException, InterruptedException {
    try {
      return connected.line(MAX_ANSWER_BYTES, deadline);
    } catch (JsonSocket.LongLineException e) {
      throw new HostileAnswerException("the guest agent's answer is too long: " + e.getMessage());
    }
  }

  private static ObjectNode request(String command, ObjectNode arguments) {
    ObjectNode request = JSON.createObjectNode().put("execute", command);
    request.set("arguments", arguments);
    return request;
  }

  private static byte[] bytes(ObjectNode request) {
    return (request + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static final class HostileAnswerException extends IOException {
    HostileAnswerException(String message) {
      super(message);
    }
  }
}
