package dev.regild.update;

import dev.regild.image.Image;

/** Makes images out of uploaded disks. */
public interface ImageImports {
  /**
   * Accepts an import.
   *
   * @return the new image, IMPORTING
   * @throws dev.regild.image.RefusedException if it can't be; DRY_RUN if it could, but only a dry
   *     run was asked for
   */
  Image importDisk(ImportRequest request);
}
