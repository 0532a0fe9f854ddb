package dev.regild.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangelogsTest {
  private static final Changelog OPENSSL =
      new Changelog(
          "libssl3",
          "3.0.22-1",
          "openssl",
          "3.0.22-1",
          "",
          "",
          new ChangelogEntry("openssl", "1.0-1", List.of()),
          true,
          List.of(
              new ChangelogEntry(
                  "openssl",
                  "3.0.22-1",
                  List.of(new NamedCve("CVE-2026-84782", true, "* CVE-2026-84782 „DTLS“")))));

  @TempDir Path directory;

  @Test
  void whatWasReadIsKeptByTheHashOfItsFileAndGoesWhenItIsOld() throws Exception {
    Clock now = Clock.systemUTC();
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      Changelogs changelogs = new Changelogs(database, now);
      changelogs.keep(Map.of("aa", OPENSSL));
      changelogs.keep(Map.of("aa", Changelog.unreadable("libssl3", "3.0.22-1", "", "broken")));
      List<String> many = new ArrayList<>(List.of("aa"));
      for (int i = 0; i < 1200; i++) {
        many.add("none-" + i);
      }
      assertThat(changelogs.find(many)).isEqualTo(Map.of("aa", OPENSSL));
      assertThat(changelogs.find(List.of())).isEmpty();
      Clock later = Clock.offset(now, Duration.ofDays(401));
      new Changelogs(database, later).keep(Map.of("bb", OPENSSL));
      assertThat(changelogs.find(List.of("aa", "bb"))).containsOnlyKeys("bb");
    }
  }
}
