package dev.regild.insight.provenance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeTest {
  /** The example of DSSE's protocol.md, and one whose lengths are of bytes, not of characters. */
  @Test
  void whatIsSignedIsThePreAuthenticationEncodingOfTheSpecification() {
    assertThat(encoded("http://example.com/HelloWorld", "hello world"))
        .isEqualTo("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    assertThat(encoded("ä", "€ ")).isEqualTo("DSSEv1 2 ä 4 € ");
    assertThat(encoded("", "")).isEqualTo("DSSEv1 0  0 ");
  }

  private static String encoded(String type, String body) {
    return new String(Envelope.preAuthenticationEncoding(type, body.getBytes(UTF_8)), UTF_8);
  }

  /** Verifiers have to accept both alphabets of Base64, and members that they do not know. */
  @Test
  void envelopesOfOthersAreRead() {
    Envelope envelope =
        Envelope.parse(
            """
            {"payload": "Pz8_", "payloadType": "application/vnd.in-toto+json", "more": 1,
             "signatures": [{"sig": "_-8="}, {"keyid": "k", "sig": ""}]}
            """
                .getBytes(UTF_8));
    assertThat(envelope.payload()).asString(UTF_8).isEqualTo("???");
    assertThat(envelope.keyIds()).containsExactly("", "k");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"payloadType\":\"a\"}",
        "{\"payloadType\":1,\"payload\":\"\"}",
        "{\"payloadType\":\"a\",\"payload\":\"%\"}",
        "{\"payloadType\":\"a\",\"payload\":\"\",\"signatures\":[{}]}"
      })
  void whatIsNotAnEnvelopeIsRefused(String json) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Envelope.parse(json.getBytes(UTF_8)))
        .withMessageContaining("envelope");
  }
}
