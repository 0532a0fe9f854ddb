package dev.regild.update;

import dev.regild.image.Image;
import dev.regild.image.Owner;

/** Deletes images, and the layers that nothing stands on any more. */
public interface ImageDeletions {
  /**
   * Deletes the owner's image of that name.
   *
   * @return the image as it was last, DELETING
   * @throws dev.regild.image.RefusedException if it can't be deleted
   */
  Image delete(Owner owner, String name);
}
