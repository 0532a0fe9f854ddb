package dev.regild.update.verdict;

import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.node.Turns;
import dev.regild.plan.InstalledPackage;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Images with disks that are not there, and a judge of them. */
final class Fleet {
  static final Owner OWNER = new Owner("111111111111", "eu-central-1");
  static final String PLATFORM = "DEBIAN_12";
  private static final String LAYER = "golden";

  private final ChannelStore channels;
  final Database database;
  final Inventories inventories;
  final Judging judging;

  final FeedStore feeds;
  private final SupportFiles support;

  Fleet(Database database, ChannelStore channels) throws IOException {
    this.database = database;
    this.channels = channels;
    this.inventories = new Inventories(database);
    this.feeds =
        new FeedStore(
            database, Objects.requireNonNull(channels.directory().getParent()), Clock.systemUTC());
    this.support = new SupportFiles(channels.directory(), channels.directory());
    this.judging = anotherJudge();
    database.useTransaction(handle ->
        LayerRecords.insert(
            handle, new Layer(LAYER, Optional.empty(), 4096, 1 << 20, "0".repeat(64), 1)));
  }

  /** As another process has one. */
  Judging anotherJudge() {
    UpdatePlans plans = new UpdatePlans(channels, inventories);
    Clock clock = Clock.systemUTC();
    PlannedFixes fixes =
        new PlannedFixes(
            database, inventories, plans, new SnapshotChangelogs(new Changelogs(database, clock)));
    return new Judging(database, inventories, plans, fixes, feeds, support, Turns.ALONE, clock);
  }

  static Inventory inventory(String platform, InstalledPackage... packages) {
    return new Inventory(
        new OperatingSystem(platform, "Debian GNU/Linux 12 (bookworm)", "12.5"),
        "amd64",
        List.of(packages));
  }

  static InstalledPackage installed(String name, String version) {
    return new InstalledPackage(name, "amd64", version, false);
  }

  /** Adds an image. */
  void add(Owner owner, String name, Inventory inventory) {
    database.useTransaction(handle ->
        add(handle, owner, name, inventory.os().platform(), inventories.store(handle, inventory)));
  }

  /** Adds an image with an inventory that is stored. */
  static void add(
      Handle handle, Owner owner, String name, String platform, String inventoryDigest) {
    Instant now = Instant.ofEpochMilli(Instant.now().toEpochMilli());
    ImageDisk disk =
        new ImageDisk(LAYER, inventoryDigest, new DiskLayout(DiskLayout.Firmware.BIOS, List.of()));
    Images.insert(
        handle,
        new Image(
            UUID.randomUUID().toString(),
            owner,
            name,
            Optional.empty(),
            Optional.empty(),
            now,
            Image.Status.of(ImageState.AVAILABLE),
            Image.Sharing.NONE,
            new Image.Origin(
                Optional.empty(), Optional.of(now), Optional.empty(), Optional.empty()),
            Image.Terms.USUAL,
            new Image.Content(
                Optional.of(platform),
                Optional.empty(),
                List.of(),
                Optional.of(disk),
                Optional.empty()),
            Image.Marks.NONE));
  }
}
