package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An index of modules is read, or refused. */
class ModuleStreamsFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            ---
            document: modulemd
            version: 2
            data: &body
              name: nodejs
              stream: "10"
              artifacts:
                rpms:
                - nodejs-1:10.24.0-1.module+el8.x86_64
            ---
            document: modulemd-defaults
            version: 1
            data:
              module: nodejs
              stream: "10"
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      ModuleStreams streams = new ModuleStreams();
      streams.add(new ByteArrayInputStream(bytes));
      streams.active(Map.of()).admits("nodejs", streams.of("nodejs", "1:10.24.0-1", "x86_64"));
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
