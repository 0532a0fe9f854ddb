package dev.regild.account;

import java.time.Instant;

/**
 * The owner of images.
 *
 * @param id twelve digits
 * @param name what people call it
 * @param status a suspended account is refused every call
 * @param created when it was made
 */
public record Account(String id, String name, Status status, Instant created) {
  public Account {
    if (!id.matches("\\d{12}")) {
      throw new IllegalArgumentException("An account id must have twelve digits: " + id);
    }
    if (name.isBlank() || name.codePoints().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("An account must have a name of one line.");
    }
  }

  /** Whether the account may make calls. */
  public enum Status {
    ACTIVE,
    SUSPENDED
  }
}
