package dev.regild.windows.upstream;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.UUID;

/**
 * What names a document: an update, and which of its revisions. A revision never changes.
 *
 * @param update the update's id
 */
record RevisionId(UUID update, int revision) {
  /**
   * Reads {@code 7b6d13c6-6401-4a10-a61f-1dab8d93356e.200}.
   *
   * @throws IllegalArgumentException if it is something else
   */
  @JsonCreator
  static RevisionId of(String text) {
    int dot = text.indexOf('.');
    if (dot < 0) {
      throw new IllegalArgumentException("'" + text + "' is not the id of a revision");
    }
    return new RevisionId(
        UUID.fromString(text.substring(0, dot)), Integer.parseInt(text.substring(dot + 1)));
  }

  @Override
  @JsonValue
  public String toString() {
    return update + "." + revision;
  }
}
