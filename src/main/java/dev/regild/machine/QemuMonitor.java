package dev.regild.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** QEMU's own protocol (QMP): what the guest did to its machine, its screen, the power button. */
final class QemuMonitor implements AutoCloseable {
  private static final int MAX_LINE_BYTES = 1 << 20;
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Duration NONE = Duration.ZERO;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonSocket socket;
  private long restarts;

  private QemuMonitor(JsonSocket socket) {
    this.socket = socket;
  }

  /** Connects; QEMU says its greeting first, and wants to be told that it is understood. */
  static QemuMonitor connect(Path path) throws IOException, InterruptedException {
    QemuMonitor monitor = new QemuMonitor(JsonSocket.connect(path));
    try {
      monitor.execute("qmp_capabilities");
      return monitor;
    } catch (IOException | InterruptedException e) {
      monitor.close();
      throw e;
    }
  }

  /** How many times the guest has restarted so far. */
  synchronized long restarts() throws IOException, InterruptedException {
    Optional<String> line = socket.line(MAX_LINE_BYTES, Deadline.in(NONE));
    while (line.isPresent()) {
      note(parse(line.get()));
      line = socket.line(MAX_LINE_BYTES, Deadline.in(NONE));
    }
    return restarts;
  }

  /** Presses the power button, as ACPI has it. */
  synchronized void powerButton() throws IOException, InterruptedException {
    execute("system_powerdown");
  }

  /**
   * Writes what the screen shows, as a PPM.
   *
   * @param file that QEMU may write to
   */
  synchronized void screendump(Path file) throws IOException, InterruptedException {
    execute("screendump", Map.of("filename", file.toString()));
  }

  private void execute(String command) throws IOException, InterruptedException {
    execute(command, Map.of());
  }

  private void execute(String command, Map<String, String> arguments)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.in(ANSWER);
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("execute", command);
    if (!arguments.isEmpty()) {
      call.put("arguments", arguments);
    }
    byte[] request = (JSON.writeValueAsString(call) + "\n").getBytes(StandardCharsets.UTF_8);
    boolean sent = socket.send(request, deadline);
    while (sent) {
      Optional<String> line = socket.line(MAX_LINE_BYTES, deadline);
      if (line.isEmpty()) {
        break;
      }
      JsonNode answer = parse(line.get());
      if (answer.has("return")) {
        return;
      }
      if (answer.has("error")) {
        throw new IOException("QEMU refuses " + command + ": " + answer.get("error"));
      }
      note(answer);
    }
    throw new IOException(
        "QEMU does not answer %s within %d s".formatted(command, ANSWER.toSeconds()));
  }

  private void note(JsonNode event) {
    if (event.path("event").asString("").equals("RESET")
        && event.path("data").path("guest").asBoolean(false)) {
      restarts++;
    }
  }

  private static JsonNode parse(String line) throws IOException {
    try {
      return JSON.readTree(line.getBytes(StandardCharsets.ISO_8859_1));
    } catch (JacksonException e) {
      throw new IOException("QEMU's monitor sent invalid JSON: " + line, e);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
