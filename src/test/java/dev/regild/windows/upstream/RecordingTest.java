package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators send recordings to others. */
class RecordingTest {
  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<a:EncryptedData>secret</a:EncryptedData>",
        "<EncryptedData xsi:type=\"xsd:base64Binary\">\nsecret\n</EncryptedData>",
        "<EncryptedData><![CDATA[secret]]></EncryptedData >",
        "<CookieData><!-- - -->secret</CookieData>",
        "<CookieData>secret"
      })
  void cookiesAreRemovedHoweverTheyAreWritten(String cookie) throws Exception {
    String answer = "<x>before" + cookie;
    Recording recording = Recording.in(temporary.resolve("recording"));

    try (InputStream in =
        recording.exchange(
            "GetCookie", new byte[0], new ByteArrayInputStream(answer.getBytes(UTF_8)))) {
      assertThat(in.readAllBytes()).asString(UTF_8).isEqualTo(answer);
    }

    assertThat(Files.readString(temporary.resolve("recording/0001-GetCookie.response.xml")))
        .startsWith("<x>before<")
        .contains("REMOVED")
        .doesNotContain("secret");
  }
}
