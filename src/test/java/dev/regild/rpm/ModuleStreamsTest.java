package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.Test;

class ModuleStreamsTest {
  @Test
  void anArtifactThatIsNothingIsPassedOver() throws Exception {
    ModuleStreams streams = new ModuleStreams();
    streams.add(
        new ByteArrayInputStream(
            """
            document: modulemd
            data:
              name: nodejs
              stream: "10"
              artifacts:
                rpms:
                -
                - nodejs-1:10.24.0-1.x86_64
            """
                .getBytes(UTF_8)));
    assertThat(streams.of("nodejs", "1:10.24.0-1", "x86_64")).containsExactly("nodejs:10");
  }
}
