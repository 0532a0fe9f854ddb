package dev.regild.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebianReleaseTest {
  @ParameterizedTest
  @CsvSource({
    "debian, '\"12\"', BOOKWORM",
    "debian, '\"13\"', TRIXIE",
    "debian, 13, TRIXIE",
    "debian, '\"14\"', BOOKWORM",
    "ubuntu, '\"24.04\"', BOOKWORM",
    // A distribution's own number, not Debian's.
    "linuxmint, '\"13\"', BOOKWORM",
  })
  void theDemoShowsTheMachinesOwnReleaseWhereItIsDebians(
      String id, String version, DebianRelease release) {
    String text =
        "NAME=\"Some Linux\"\nID=%s\nID_LIKE=debian\nVERSION_ID=%s\n".formatted(id, version);
    assertThat(DebianRelease.ofMachine(text)).isEqualTo(release);
  }
}
