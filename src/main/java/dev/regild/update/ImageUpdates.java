package dev.regild.update;

/** Makes new images out of existing ones. */
public interface ImageUpdates {
  /**
   * Accepts an update, or says what one would do.
   *
   * @throws dev.regild.image.RefusedException if it can't be; then nothing was created
   */
  UpdateAnswer update(UpdateRequest request);
}
