package dev.regild.image;

/**
 * Why an image is in its state.
 *
 * @param code one of the API's codes
 * @param message what to do about it
 */
public record StateChangeReason(Code code, String message) {
  /** {@code ImageStateChangeReasonCode} of the service model 2016-12-01. */
  public enum Code {
    INTERNAL_ERROR,
    IMAGE_BUILDER_NOT_AVAILABLE,
    IMAGE_COPY_FAILURE,
    IMAGE_UPDATE_FAILURE,
    IMAGE_IMPORT_FAILURE
  }
}
