package dev.regild.image;

import java.util.Locale;

/** What a job is for. */
public enum JobKind {
  UPDATE,
  IMPORT,
  COPY,
  EXPORT,
  FLATTENING;

  /** {@code update}. */
  public String noun() {
    return name().toLowerCase(Locale.ROOT);
  }
}
