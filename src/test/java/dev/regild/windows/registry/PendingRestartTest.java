package dev.regild.windows.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PendingRestartTest {
  @Test
  void filesThatAreReplacedDoNotBlockAndAllElseDoes() {
    assertThat(PendingRestart.blocking(List.of("PendingFileRenameOperations"))).isEmpty();
    assertThat(
            PendingRestart.blocking(
                List.of("RebootPending", "PendingFileRenameOperations", PendingRestart.QUEUE)))
        .containsExactly("RebootPending", "pending.xml");
  }
}
