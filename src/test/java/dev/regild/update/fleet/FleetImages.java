package dev.regild.update.fleet;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Images in a registry whose disks nobody opens. */
public record FleetImages(Database database, Inventories inventories) {
  /** A package whose source has its own name and version. */
  public static InstalledPackage installed(String name, String version) {
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin(name, version, "", "", ""));
  }

  /** An AVAILABLE image. */
  public Image available(
      Owner owner, String name, String platform, List<InstalledPackage> packages) {
    Inventory inventory =
        new Inventory(new OperatingSystem(platform, platform, "12"), "amd64", packages);
    Image image =
        Image.importing(owner, name, Optional.empty(), Optional.empty(), List.of(), Instant.now());
    return database.inTransaction(handle -> {
      String layer = UUID.randomUUID().toString();
      Images.insert(handle, image);
      LayerRecords.insert(handle, new Layer(layer, Optional.empty(), 4096, 1 << 20, "abc", 1));
      return Images.publish(
          handle,
          image,
          new PublishedDisk(
              new ImageDisk(
                  layer,
                  inventories.store(handle, inventory),
                  new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
              platform,
              Optional.empty(),
              Optional.empty()));
    });
  }
}
