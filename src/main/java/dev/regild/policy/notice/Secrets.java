package dev.regild.policy.notice;

/** Encrypts what deliveries are signed with, with the master key. */
public interface Secrets {
  /**
   * Encrypts.
   *
   * @param name bound into it
   */
  byte[] seal(String name, byte[] secret);

  /** Decrypts what was encrypted under that name. */
  byte[] open(String name, byte[] sealed);
}
