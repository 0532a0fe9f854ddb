package dev.regild.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SharedDatabaseCheckTest {
  @Test
  void anEmbeddedDatabaseHasNothingToShow() {
    Checkup checks = new Checkup("WHAT");
    new SharedDatabaseCheck(Optional.empty()).run(checks);
    assertThat(checks.json()).isEmpty();
  }
}
