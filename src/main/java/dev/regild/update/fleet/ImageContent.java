package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.BillSubject;
import java.util.Optional;

/** An image whose contents are known: it has a disk, and its platform is one of ours. */
public record ImageContent(
    Image image, ImageDisk disk, PackageSystem system, Optional<Layer> layer) {
  /**
   * Finds an image.
   *
   * @throws RefusedException NOT_FOUND if the owner has none of that name; INCOMPATIBLE if it has
   *     no disk or its platform is not known
   */
  public static ImageContent require(Database database, Owner owner, String name) {
    return database.read(handle -> {
      Image image = Images.require(handle, owner, name);
      ImageDisk disk =
          image
              .disk()
              .orElseThrow(() -> incompatible("The image %s has no disk yet.".formatted(name)));
      PackageSystem system =
          image
              .platform()
              .flatMap(PackageSystems.installed()::find)
              .orElseThrow(
                  () -> incompatible("The platform of the image %s is not known.".formatted(name)));
      return new ImageContent(image, disk, system, LayerRecords.find(handle, disk.layer()));
    });
  }

  /** Returns what its bill of materials is about. */
  public BillSubject billSubject(Inventories inventories) {
    return new BillSubject(
        image.name(),
        image.id(),
        image.arn(),
        image.created(),
        layer.map(Layer::sha256),
        inventories.load(disk.inventory()));
  }

  /** Returns what is compared of it. */
  public Differences.Subject subject(Inventories inventories) {
    return new Differences.Subject(image, inventories.load(disk.inventory()));
  }

  private static RefusedException incompatible(String message) {
    return new RefusedException(RefusedException.Reason.INCOMPATIBLE, message);
  }
}
