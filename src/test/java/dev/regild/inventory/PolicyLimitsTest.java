package dev.regild.inventory;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyLimitsTest {
  @Test
  void whatOwnersWriteIsTaken() {
    assertThatCode(
            () -> PolicyLimits.require("The locks", numbered("bash%d-0:4.4.20-5.el8.*", 500)))
        .doesNotThrowAnyException();
    assertThatCode(() -> PolicyLimits.require("The excludes", numbered("kernel%d*", 100)))
        .doesNotThrowAnyException();
  }

  @Test
  void whatWouldMakeEveryPlanSlowIsRefusedWithTheNumbers() {
    assertThatThrownBy(() -> PolicyLimits.require("The locks", numbered("bash%d", 501)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("The locks of the image are too many: 501");
    assertThatThrownBy(() -> PolicyLimits.require("The excludes", numbered("*a%d", 101)))
        .hasMessageContaining("of which 101 are patterns");
    assertThatThrownBy(
            () -> PolicyLimits.require("The pins", List.of("/" + "a".repeat(5000) + "/")))
        .hasMessageContaining("5002 characters");
  }

  private static List<String> numbered(String format, int count) {
    return IntStream.range(0, count).mapToObj(format::formatted).toList();
  }
}
