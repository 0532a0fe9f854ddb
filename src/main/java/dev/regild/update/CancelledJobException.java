package dev.regild.update;

/** The job ended while it ran: an operator cancelled it. */
final class CancelledJobException extends RuntimeException {
  CancelledJobException(String imageId) {
    super("The job that makes the image %s was cancelled.".formatted(imageId));
  }
}
