package dev.regild.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/",
        "/console/images/golden-1.2_x",
        "/console/images/a%20b/update",
        "/console/?q=a&state=busy&sort=-created&after=id%20name"
      })
  void pathsOfTheConsoleAreLeftAsTheyAre(String path) {
    assertThat(LocalPath.of(path)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "//evil.example",
        "/console",
        "/console//evil.example",
        "/console/\\evil.example",
        "/console/..",
        "/console/../regild/v1/disks",
        "/console/./x",
        "/console/?next=\nSet-Cookie:a=b",
        "/console/#x",
        "https://evil.example/console/",
        "/console/images/<script>"
      })
  void everythingElseLeadsToTheFirstPage(String path) {
    assertThat(LocalPath.of(path)).isEqualTo("/console/");
  }

  /** The expression must not try its parts in ever new combinations. */
  @Test
  void aLongPathIsJudgedAtOnce() {
    assertThat(LocalPath.isOurs("/console/" + "a".repeat(1_900) + "!")).isFalse();
    assertThat(LocalPath.isOurs("/console/" + "a".repeat(10_000))).isFalse();
  }
}
