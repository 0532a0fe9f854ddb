package dev.regild.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArnTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "arn:aws:appstream:us-east-1:123456789012:image/golden-1.0_x",
        "arn:aws:appstream:us-east-1:123456789012:image-builder/golden.0123456789",
        "arn:aws:appstream:us-gov-west-1::image/Base"
      })
  void anArnIsWrittenAsItWasRead(String arn) {
    assertThat(Arn.parse(arn).map(Arn::toString)).contains(arn);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "golden",
        "arn:aws:ec2:us-east-1:123456789012:image/golden",
        "arn:aws:appstream:us-east-1:12345:image/golden",
        "arn:aws:appstream:us-east-1:123456789012:fleet/golden",
        "arn:aws:appstream:us-east-1:123456789012:image/",
        "arn:aws:appstream:us-east-1:123456789012:image/a/b",
        "arn:aws:appstream:us-east-1:123456789012:image/a\n",
        "arn:aws:appstream:US-EAST-1:123456789012:image/golden"
      })
  void whatIsNoArnOfOursIsNotRead(String text) {
    assertThat(Arn.parse(text)).isEmpty();
  }

  @Test
  void aPublicImageHasNoAccountInItsArn() {
    assertThat(Arn.ofImage(Owner.everyone("us-east-1"), "Base"))
        .hasToString("arn:aws:appstream:us-east-1::image/Base");
  }
}
