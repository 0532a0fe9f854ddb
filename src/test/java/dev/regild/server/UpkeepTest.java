package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.upload.FileUploads;
import dev.regild.disk.upload.UploadedDisks;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestClock;
import dev.regild.image.ImageHistory;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.job.node.Turns;
import dev.regild.update.ImageDeletions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class UpkeepTest {
  @Test
  void imagesThatWereDeletedLongAgoAreForgottenOnceADay(@TempDir Path data) throws Exception {
    try (ServerFixture server = new ServerFixture(data)) {
      Instant start = Instant.now();
      TestClock clock = new TestClock(start);
      Upkeep upkeep = upkeep(server, data, uploads(data, clock), clock);
      addDeleted(server, start);
      upkeep.inTurn();
      assertThat(deleted(server)).as("it has begun a moment ago").isEqualTo(1);
      clock.advance(Duration.ofDays(1));
      upkeep.inTurn();
      assertThat(deleted(server)).isZero();

      addDeleted(server, start);
      upkeep.inTurn();
      assertThat(deleted(server)).as("once a day").isEqualTo(1);
      clock.advance(Duration.ofDays(1));
      upkeep.inTurn();
      assertThat(deleted(server)).isZero();
    }
  }

  private static FileUploads uploads(Path data, Clock clock) throws Exception {
    RoomReservations room = new RoomReservations();
    DiskCheck check = new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES);
    UploadedDisks disks = new UploadedDisks(data.resolve("complete"), check, clock, room);
    return new FileUploads(data.resolve("coming"), disks, room, clock);
  }

  private static Upkeep upkeep(ServerFixture server, Path data, FileUploads uploads, Clock clock)
      throws Exception {
    return new Upkeep(
        server.database,
        new ImageDeletions(server.database, new DirectoryLayerStore(data), _ -> {}),
        server.flattenings(0),
        new DiskDeletions(server.database, server.disks),
        uploads,
        Turns.ALONE,
        clock);
  }

  /** Adds an image that was deleted long ago. */
  private static void addDeleted(ServerFixture server, Instant now) {
    long deleted = now.minus(ImageHistory.KEPT).minus(Duration.ofDays(1)).toEpochMilli();
    server.database.useTransaction(handle ->
        handle.execute(
            """
            INSERT INTO image_history (
              image_id, account_id, region, name, platform, inventory_id, created, deleted)
            VALUES ('canary', '111111111111', 'eu-central-1', 'canary', 'DEBIAN_12', 0, 1, ?)
            """,
            deleted));
  }

  private static int deleted(ServerFixture server) {
    return server.database.read(handle ->
        handle
            .createQuery("SELECT COUNT(*) FROM image_history WHERE image_id = 'canary'")
            .mapTo(Integer.class)
            .one());
  }
}
