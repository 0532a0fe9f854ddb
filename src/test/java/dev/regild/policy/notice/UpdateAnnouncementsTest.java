package dev.regild.policy.notice;

import static dev.regild.policy.PolicyFleet.OWNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Bin;
import dev.regild.image.Image;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.line.Lines;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class UpdateAnnouncementsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

  private static final String COLUMNS =
      """
      inventory_digest, platform, basis, judged_at, state, reason, outdated_since, changes,
      security_changes, fixable_cves, fixable_kernel_cves, fixable_unknown, changelogs_at
      """;

  @TempDir Path data;
  @AutoClose private Database database;
  private PolicyFleet fleet;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    fleet = new PolicyFleet(database);
  }

  private Image image(String line, String name) {
    return fleet.add(line, name, PolicyFleet.inventory("bash=" + name), NOW);
  }

  private static void outdated(Handle handle, Image image) {
    handle.execute(
        "INSERT INTO verdict (%s) VALUES (?, 'DEBIAN_12', '', 1, 'OUTDATED', '', 7, 1, 0, 0, 0, 0, 1)"
            .formatted(COLUMNS),
        image.disk().orElseThrow().inventory());
  }

  private List<String> announced() {
    boolean all = database.inTransaction(handle -> Deliveries.announceUpdates(handle, NOW, 100));
    assertThat(all).isTrue();
    return database.read(handle ->
        Events.after(handle, OWNER.accountId(), OWNER.region(), 0, 100).stream()
            .filter(each -> each.event().type() == EventType.UPDATE_AVAILABLE)
            .map(each -> each.event().subject())
            .toList());
  }

  @Test
  void anImageIsOutOfDateWhenItsRingHasAnUpdateForIt() {
    Image free = image("free", "free-1");
    Image prod = image("golden", "golden-1");
    Ring ring =
        new Ring("r", "debian", "prod", Optional.of("dev"), Optional.empty(), Ring.Gates.OPEN, NOW);
    database.useTransaction(handle -> {
      assertThat(RingRecords.insert(handle, ring)).isTrue();
      RingRecords.follow(handle, Lines.require(handle, OWNER, "golden").id(), ring);
      outdated(handle, free);
      outdated(handle, prod);
    });
    assertThat(announced()).as("the repositories have one for both").containsExactly("free-1");
    database.useTransaction(handle ->
        handle.execute(
            "INSERT INTO ring_verdict (ring_id, %1$s) SELECT 'r', %1$s FROM verdict"
                .formatted(COLUMNS)));
    assertThat(announced()).containsExactly("free-1", "golden-1");
    assertThat(announced()).as("once").hasSize(2);
  }

  /**
   * SQLite plans without statistics: nearly all images are AVAILABLE, so their state finds nothing.
   */
  @Test
  void noIndexHoldsTheImagesThatAreFinished() {
    assumeFalse(TestDatabases.isPostgres());
    List<String> indexes =
        database.read(handle ->
            handle
                .createQuery(
                    "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%ON image (state%'")
                .mapTo(String.class)
                .list());
    assertThat(indexes)
        .isNotEmpty()
        .allMatch(each -> each.endsWith("WHERE state NOT IN ('AVAILABLE', 'FAILED')"));
    List<String> plan =
        database.read(handle ->
            handle
                .createQuery(
                    "EXPLAIN QUERY PLAN SELECT * FROM image WHERE state NOT IN ('AVAILABLE', 'FAILED')")
                .map((row, _) -> row.getString("detail"))
                .list());
    assertThat(plan).first().asString().contains("image_unfinished");
  }

  @Test
  void manyAreAnnouncedInSeveralParts() {
    List<Image> images = List.of(image("a", "a-1"), image("b", "b-1"), image("c", "c-1"));
    database.useTransaction(handle -> {
      images.forEach(each -> outdated(handle, each));
      assertThat(Deliveries.announceUpdates(handle, NOW, 2)).isFalse();
      assertThat(Deliveries.announceUpdates(handle, NOW, 2)).isTrue();
    });
    assertThat(announced()).hasSize(3);
  }

  @Test
  void whatAPolicyHasDeletedIsNotThere() {
    Image deleted = image("golden", "golden-1");
    Image kept = image("free", "free-1");
    database.useTransaction(handle -> {
      outdated(handle, deleted);
      outdated(handle, kept);
      handle.execute("UPDATE image SET previous_id = ? WHERE id = ?", kept.id(), deleted.id());
      Bin.put(handle, deleted, "golden", NOW, NOW.plusSeconds(1));
    });
    assertThat(announced()).as("its update was deleted").containsExactly("free-1");
    assertThat(
            database.<Long, RuntimeException>read(
                handle -> handle.createQuery("SELECT COUNT(*) FROM event").mapTo(Long.class).one()))
        .isEqualTo(1);
  }
}
