package dev.regild.image;

import java.util.Locale;

/** What a job is for. */
public enum JobKind {
  UPDATE("The update could not be made"),
  IMPORT("The disk could not be imported"),
  COPY("The image could not be copied"),
  EXPORT("The image could not be exported");

  private final String failure;

  JobKind(String failure) {
    this.failure = failure;
  }

  /** Says that such a job has failed; a sentence without its full stop. */
  public String failure() {
    return failure;
  }

  /** {@code update}. */
  public String noun() {
    return name().toLowerCase(Locale.ROOT);
  }
}
