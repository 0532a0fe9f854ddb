package dev.regild.image;

import static dev.regild.image.ImageState.AVAILABLE;
import static dev.regild.image.ImageState.COPYING;
import static dev.regild.image.ImageState.CREATING;
import static dev.regild.image.ImageState.DELETING;
import static dev.regild.image.ImageState.FAILED;
import static dev.regild.image.ImageState.IMPORTING;
import static dev.regild.image.ImageState.PENDING;
import static dev.regild.image.ImageState.VALIDATING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageStateTest {
  private static final Map<ImageState, Set<ImageState>> LEGAL =
      Map.of(
          PENDING, Set.of(VALIDATING, AVAILABLE, FAILED),
          IMPORTING, Set.of(VALIDATING, AVAILABLE, FAILED),
          CREATING, Set.of(PENDING, AVAILABLE, FAILED),
          COPYING, Set.of(AVAILABLE, FAILED),
          VALIDATING, Set.of(PENDING, IMPORTING, AVAILABLE, FAILED),
          AVAILABLE, Set.of(DELETING),
          FAILED, Set.of(DELETING),
          DELETING, Set.of());

  @ParameterizedTest
  @EnumSource
  void onlyTheLegalStatesFollow(ImageState from) {
    for (ImageState to : ImageState.values()) {
      if (LEGAL.get(from).contains(to)) {
        from.requireSuccessor(to);
      } else {
        assertThatIllegalStateException()
            .isThrownBy(() -> from.requireSuccessor(to))
            .withMessageContaining(from.name())
            .withMessageContaining(to.name());
      }
    }
    assertThat(from.isFinal()).isEqualTo(from == AVAILABLE || from == FAILED);
  }
}
