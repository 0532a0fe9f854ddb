package dev.regild.machine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What a guest agent answers is understood, or refused. */
class GuestAgentAnswerFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            {"return":{"pid":1234}}
            """,
            """
            {"return":{"exited":true,"exitcode":0,"out-data":"YQ==","err-data":"Yg=="}}
            """,
            """
            {"error":{"class":"CommandNotFound","desc":"no"}}
            """,
            """
            {"return":9007199254740991}
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      String line = new String(bytes, ISO_8859_1);
      AgentAnswer.isSynchronised(line, 1);
      JsonNode result = AgentAnswer.result("guest-exec", line);
      AgentAnswer.execution("a program", result);
      AgentAnswer.processId(result);
    } catch (GuestAgentException refused) {
      // As it should be.
    }
  }
}
