package dev.regild.update;

/** The update ended while it was being made: its image builder was deleted. */
final class CancelledUpdateException extends RuntimeException {
  CancelledUpdateException(String imageId) {
    super("The update that makes the image %s was cancelled.".formatted(imageId));
  }
}
