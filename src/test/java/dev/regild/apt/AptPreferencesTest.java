package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.plan.Pin;
import dev.regild.plan.UpdatePolicy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How much work an image's pins can make; what they mean is {@link AptIT}'s. */
class AptPreferencesTest {
  private static final List<IndexOrigin> INSTALLED = List.of(IndexOrigin.INSTALLED);

  @Test
  void aWholeNameIsLookedUpAndAPatternComparedOnceWithEachName() {
    List<Pin> literal = new ArrayList<>();
    List<Pin> hostile = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      literal.add(new Pin("Package" + i, Pin.Kind.VERSION, "1*", 1001, "pins"));
    }
    for (int i = 0; i < 100; i++) {
      hostile.add(new Pin("*a*g*x" + i + "*", Pin.Kind.VERSION, "1*", 1001, "pins"));
    }
    AptPreferences names = new AptPreferences(UpdatePolicy.ofApt("", literal));
    assertThat(pinnedOf(names)).isEqualTo(400);
    assertThat(names.comparisons()).isZero();
    AptPreferences patterns = new AptPreferences(UpdatePolicy.ofApt("", hostile));
    assertThat(pinnedOf(patterns)).isZero();
    assertThat(pinnedOf(patterns)).isZero();
    assertThat(patterns.comparisons()).isEqualTo(100 * 3000L);
  }

  @Test
  void theFirstPinCountsWhetherItNamesAPackageOrAPattern() {
    Pin pattern = new Pin("pack*", Pin.Kind.VERSION, "1*", 100, "pins");
    Pin name = new Pin("package", Pin.Kind.VERSION, "1*", 200, "pins");
    Pin regex = new Pin("/^PACK/", Pin.Kind.VERSION, "1*", 300, "pins");
    assertThat(priority(name, pattern, regex)).isEqualTo(200);
    assertThat(priority(pattern, name, regex)).isEqualTo(100);
    assertThat(priority(regex, name)).isEqualTo(300);
  }

  private static int priority(Pin... pins) {
    return new AptPreferences(UpdatePolicy.ofApt("", List.of(pins)))
        .priority("package", "amd64", true, "1.0", INSTALLED);
  }

  private static int pinnedOf(AptPreferences preferences) {
    int pinned = 0;
    for (int i = 0; i < 3000; i++) {
      if (preferences.priority("package" + i, "amd64", true, "1.0", INSTALLED) == 1001) {
        pinned++;
      }
    }
    return pinned;
  }
}
