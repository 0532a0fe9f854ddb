package dev.regild.console;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import java.util.Optional;

/** An image whose contents are known: it has a disk, and its platform is one of ours. */
record Examined(Image image, ImageDisk disk, PackageSystem system, Optional<Layer> layer) {
  /**
   * The owner's image of that name.
   *
   * @throws RefusedException if there is none, or its contents are not known
   */
  static Examined require(ConsoleServices services, Owner owner, String name) {
    return services
        .images()
        .database()
        .read(handle -> {
          Image image = Images.require(handle, owner, name);
          ImageDisk disk =
              image
                  .disk()
                  .orElseThrow(() ->
                      new RefusedException(
                          RefusedException.Reason.INCOMPATIBLE,
                          "The image %s has no disk yet.".formatted(name)));
          PackageSystem system =
              image
                  .platform()
                  .flatMap(PackageSystems.installed()::find)
                  .orElseThrow(() ->
                      new RefusedException(
                          RefusedException.Reason.INCOMPATIBLE,
                          "The platform of the image %s is not known.".formatted(name)));
          return new Examined(image, disk, system, LayerRecords.find(handle, disk.layer()));
        });
  }
}
