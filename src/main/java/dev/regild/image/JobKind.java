package dev.regild.image;

import java.util.Locale;

/** What a job is for. */
public enum JobKind {
  UPDATE("The update failed"),
  IMPORT("The import failed"),
  COPY("The copy failed"),
  EXPORT("The export failed");

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
