package dev.regild.job;

/** The job ended while it ran: an operator cancelled it. */
public final class CancelledJobException extends RuntimeException {
  public CancelledJobException(String imageId) {
    super("The job that makes the image %s was cancelled.".formatted(imageId));
  }
}
