package dev.regild.server.rest;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import java.util.Optional;

/** An image that has a disk. */
record ImageContent(Image image, ImageDisk disk, PackageSystem system, Optional<Layer> layer) {
  /**
   * Finds an image.
   *
   * @throws RefusedException NOT_FOUND if the owner has none of that name; INCOMPATIBLE if it has
   *     no disk or its platform is not known
   */
  static ImageContent require(Database database, Owner owner, String name) {
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

  private static RefusedException incompatible(String message) {
    return new RefusedException(RefusedException.Reason.INCOMPATIBLE, message);
  }
}
