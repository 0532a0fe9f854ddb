package dev.regild.server;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.channel.LargeChannel;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Arn;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.Predecessor;
import dev.regild.image.Qualification;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The registry of one account with 100,000 finished images, of 10,000 different inventories; the
 * first image is shared with 100 accounts.
 */
final class LargeRegistry {
  static final int IMAGES = 100_000;
  static final int INVENTORIES = 10_000;
  static final int PACKAGES = 2_000;
  private static final int SHARES = 100;

  /** A divisor of the number of inventories. */
  private static final int STORED_AT_ONCE = 250;

  private static final String REGION = "us-east-1";
  private static final String LAYER = "golden";

  private LargeRegistry() {}

  /** The name of an image, such that names are in the order of numbers. */
  static String name(int number) {
    return "image-%06d".formatted(number);
  }

  /** Fills a data directory, and returns a key of the account that owns all. */
  static AccessKey create(Path data) throws IOException {
    return create(data, Database.open(data.resolve("regild.db")));
  }

  /**
   * The same in another database.
   *
   * @param opened is closed
   */
  static AccessKey create(Path data, Database opened) throws IOException {
    try (Database database = opened) {
      Accounts accounts =
          new Accounts(
              database,
              MasterKey.load(data.resolve("master.key"), Optional.empty()),
              Clock.systemUTC());
      Account account = accounts.create("bench");
      List<String> digests =
          database.inTransaction(handle -> {
            LayerRecords.insert(
                handle, new Layer(LAYER, Optional.empty(), 4096, 1 << 20, "0".repeat(64), 1));
            return inventories(handle, new Inventories(database));
          });
      database.useTransaction(handle -> images(handle, new Owner(account.id(), REGION), digests));
      return accounts.createKey(account, false);
    }
  }

  private static List<String> inventories(Handle handle, Inventories inventories) {
    OperatingSystem system =
        new OperatingSystem(LargeChannel.PLATFORM, "Debian GNU/Linux 12 (bookworm)", "12.5");
    List<String> digests = new ArrayList<>();
    List<Inventory> some = new ArrayList<>();
    for (int i = 0; i < INVENTORIES; i++) {
      List<InstalledPackage> packages = new ArrayList<>();
      for (int j = 0; j < PACKAGES; j++) {
        // One of them is out of date, another one in each inventory of 2,000.
        String version = j == i % PACKAGES ? "1.0-" + i / PACKAGES : "1.1-1";
        packages.add(new InstalledPackage("package-" + j, "amd64", version, false));
      }
      some.add(new Inventory(system, "amd64", packages));
      if (some.size() == STORED_AT_ONCE) {
        digests.addAll(inventories.store(handle, some));
        some.clear();
      }
    }
    return digests;
  }

  private static void images(Handle handle, Owner owner, List<String> inventories) {
    DiskLayout layout = new DiskLayout(DiskLayout.Firmware.BIOS, List.of());
    Instant now = Instant.ofEpochMilli(Instant.now().toEpochMilli());
    for (int i = 0; i < IMAGES; i++) {
      Images.insert(
          handle,
          image(owner, i, new ImageDisk(LAYER, inventories.get(i % INVENTORIES), layout), now));
    }
    Image shared = Images.require(handle, owner, name(0));
    for (int i = 0; i < SHARES; i++) {
      ImageShares.put(handle, shared, "%012d".formatted(100 + i), ImagePermissions.ALL);
    }
  }

  private static Image image(Owner owner, int number, ImageDisk disk, Instant now) {
    return new Image(
        UUID.randomUUID().toString(),
        owner,
        name(number),
        Optional.of("Image " + number),
        Optional.of("One of many images"),
        now,
        Image.Status.of(ImageState.AVAILABLE),
        Image.Sharing.NONE,
        new Image.Origin(
            Optional.of(Arn.ofImage(owner, "golden").toString()),
            Optional.of(now),
            Optional.of(new Predecessor(UUID.randomUUID().toString(), "golden")),
            Optional.of("sha256:" + "0".repeat(64))),
        Image.Terms.USUAL,
        new Image.Content(
            Optional.of(LargeChannel.PLATFORM),
            Optional.of("1.1-1"),
            List.of(),
            Optional.of(disk),
            Optional.of(new Qualification("6.1.0-37-amd64", "running", List.of()))),
        Image.Marks.NONE);
  }
}
