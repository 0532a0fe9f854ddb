package dev.regild.policy;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
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
import dev.regild.plan.PackageOrigin;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Images of lines, with disks that are not there. */
public final class PolicyFleet {
  public static final Owner OWNER = new Owner("111111111111", "eu-central-1");
  public static final String PLATFORM = "DEBIAN_12";

  private final Database database;
  private final Inventories inventories;

  public PolicyFleet(Database database) {
    this.database = database;
    this.inventories = new Inventories(database);
  }

  /** An inventory with one package of each name and version: {@code bash=5.2-1}. */
  public static Inventory inventory(String... packages) {
    return inventory(List.of(packages).stream().map(PolicyFleet::installed).toList());
  }

  /** Of {@code liblzma5=5.6.1-1+b1}, or {@code liblzma5=5.6.1-1+b1@xz-utils=5.6.1-1}. */
  private static InstalledPackage installed(String text) {
    String[] binaryAndSource = text.split("@", 2);
    String[] binary = binaryAndSource[0].split("=", 2);
    InstalledPackage plain = new InstalledPackage(binary[0], "amd64", binary[1], false);
    if (binaryAndSource.length == 1) {
      return plain;
    }
    String[] source = binaryAndSource[1].split("=", 2);
    return plain.from(new PackageOrigin(source[0], source[1], "", "", ""));
  }

  /** An inventory with these packages. */
  public static Inventory inventory(List<InstalledPackage> packages) {
    return new Inventory(
        new OperatingSystem(PLATFORM, "Debian GNU/Linux 12 (bookworm)", "12.5"), "amd64", packages);
  }

  /** Adds an image of its own layer to a line. */
  public Image add(String line, String name, Inventory inventory, Instant created) {
    return database.inTransaction(handle -> {
      String digest = inventories.store(handle, inventory);
      Image image = insert(handle, OWNER, name, digest, layer(handle, null, 1000), null, created);
      Line _ = Lines.add(handle, OWNER, line, image, created);
      return image;
    });
  }

  /** Writes a layer. */
  public static String layer(Handle handle, @Nullable String base, long bytes) {
    String id = UUID.randomUUID().toString();
    LayerRecords.insert(
        handle, new Layer(id, Optional.ofNullable(base), bytes, 1 << 20, "0".repeat(64), 1));
    return id;
  }

  /** Writes an AVAILABLE image on a layer that is there. */
  public static Image insert(
      Handle handle,
      Owner owner,
      String name,
      String inventory,
      String layer,
      @Nullable Image before,
      Instant created) {
    Image image =
        new Image(
            UUID.randomUUID().toString(),
            owner,
            name,
            Optional.empty(),
            Optional.empty(),
            Instant.ofEpochMilli(created.toEpochMilli()),
            Image.Status.of(ImageState.AVAILABLE),
            Image.Sharing.NONE,
            new Image.Origin(
                Optional.empty(),
                Optional.of(created),
                Optional.ofNullable(before).map(it -> new Predecessor(it.id(), it.name())),
                Optional.empty()),
            Image.Terms.USUAL,
            new Image.Content(
                Optional.of(PLATFORM),
                Optional.empty(),
                List.of(),
                Optional.of(
                    new ImageDisk(
                        layer, inventory, new DiskLayout(DiskLayout.Firmware.BIOS, List.of()))),
                Optional.<Qualification>empty()),
            Image.Marks.NONE);
    Images.insert(handle, image);
    return image;
  }
}
