package dev.regild.machine;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What a guest agent says, each answer a line. It is the guest's and not trusted: whatever stands
 * there, it is understood or ends in a {@link GuestAgentException}.
 */
final class AgentAnswer {
  /** A byte that is in no JSON text: it ends whatever the agent's parser waits for. */
  static final char RESET = '\u00ff';

  private static final ObjectMapper JSON = new ObjectMapper();

  private AgentAnswer() {}

  /** Whether it answers {@code guest-sync-delimited} with that number. */
  static boolean isSynchronised(String line, long id) {
    try {
      JsonNode answer = json(line).path("return");
      return answer.canConvertToLong() && answer.isIntegralNumber() && answer.asLong() == id;
    } catch (JacksonException junk) {
      return false;
    }
  }

  /** What the agent returns; an error of its own is an exception. */
  static JsonNode result(String command, String line) throws GuestAgentException {
    JsonNode answer;
    try {
      answer = json(line);
    } catch (JacksonException e) {
      throw new GuestAgentException(
          "the guest agent's response to %s is not JSON: %s".formatted(command, start(line)), e);
    }
    if (answer.has("error")) {
      throw refused(command, answer.get("error"));
    }
    if (!answer.has("return")) {
      throw new GuestAgentException(
          "the guest agent's response to %s has neither a result nor an error: %s"
              .formatted(command, start(line)));
    }
    return answer.get("return");
  }

  private static RefusedCallException refused(String command, JsonNode error) {
    String remedy =
        error.path("class").asString("").equals("CommandNotFound")
            ? "; its configuration (block-rpcs, allow-rpcs) must allow it"
            : "";
    return new RefusedCallException(
        "the guest agent refuses %s: %s%s"
            .formatted(command, start(error.path("desc").asString("no reason")), remedy));
  }

  /** The number of the program that {@code guest-exec} has started. */
  static long processId(JsonNode result) throws GuestAgentException {
    JsonNode pid = result.path("pid");
    if (!pid.isIntegralNumber() || !pid.canConvertToLong()) {
      throw new GuestAgentException("the guest agent's response to guest-exec has no pid");
    }
    return pid.asLong();
  }

  /** How a program ended, by the answer to {@code guest-exec-status}. */
  static GuestAgent.Execution execution(String program, JsonNode status)
      throws GuestAgentException {
    String output = text(status.path("out-data")) + text(status.path("err-data"));
    JsonNode code = status.path("exitcode");
    if (code.isIntegralNumber() && code.canConvertToLong()) {
      return new GuestAgent.Execution(code.asLong() & 0xffff_ffffL, output);
    }
    // Windows' agent takes exit codes of 0xc0000000 and up for the exceptions that they stand for.
    JsonNode signal = status.path("signal");
    if (signal.isIntegralNumber() && signal.canConvertToLong()) {
      return new GuestAgent.Execution(signal.asLong() & 0xffff_ffffL, output);
    }
    throw new GuestAgentException("the guest agent does not say how " + program + " ended");
  }

  private static String text(JsonNode base64) throws GuestAgentException {
    try {
      return new String(Base64.getDecoder().decode(base64.asString("")), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new GuestAgentException("the guest agent sent invalid Base64", e);
    }
  }

  private static JsonNode json(String line) {
    return JSON.readTree(
        line.substring(line.lastIndexOf(RESET) + 1).getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The start of what a guest said, made fit for a message. */
  static String start(String text) {
    String cleaned = ConsoleText.cleaned(text);
    return cleaned.length() <= 200 ? cleaned : cleaned.substring(0, 200) + "…";
  }

  static final class RefusedCallException extends GuestAgentException {
    RefusedCallException(String message) {
      super(message);
    }
  }
}
