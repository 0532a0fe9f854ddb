package dev.regild.channel.shared;

/** Encrypts what the database must not show. */
public interface Seal {
  /**
   * Encrypts a content.
   *
   * @param name bound into it: what was moved to another name does not open
   */
  byte[] seal(String name, byte[] content);

  /** Returns what was sealed under that name. */
  byte[] open(String name, byte[] sealed);
}
