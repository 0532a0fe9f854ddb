package dev.regild.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A hash by which repositories vouch for files and which nobody can forge. Its text, in lower-case
 * hexadecimal, tells by its length which one it is.
 */
public enum StrongHash {
  SHA256("SHA-256", 64),
  SHA384("SHA-384", 96),
  SHA512("SHA-512", 128);

  private static final Pattern HEX = Pattern.compile("[0-9a-f]*");

  private final String algorithm;
  private final int length;

  StrongHash(String algorithm, int length) {
    this.algorithm = algorithm;
    this.length = length;
  }

  /** Returns the hash that a text is one of; empty if it is not one. */
  public static Optional<StrongHash> ofText(String hex) {
    for (StrongHash each : values()) {
      if (hex.length() == each.length && HEX.matcher(hex).matches()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the text if it is a hash of the named kind, as RPM's indexes name it: {@code sha256}.
   */
  public static Optional<String> checked(String type, String hex) {
    return ofText(hex).filter(hash -> hash.directory().equalsIgnoreCase(type)).map(_ -> hex);
  }

  /** Its name below {@code by-hash}, and in a Release file. */
  public String directory() {
    return name();
  }

  /** Its name in a message: {@code SHA-256}. */
  String title() {
    return algorithm;
  }

  public MessageDigest digest() {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK has " + algorithm, e);
    }
  }

  /** Returns the hash of a file. */
  public String of(Path file) throws IOException {
    return of(file, false);
  }

  /**
   * Returns the hash of a file.
   *
   * @throws InterruptedIOException if the thread is interrupted meanwhile; it still is then
   */
  String interruptibly(Path file) throws IOException {
    return of(file, true);
  }

  private String of(Path file, boolean interruptible) throws IOException {
    MessageDigest digest = digest();
    byte[] buffer = new byte[1 << 18];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        if (interruptible && Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted while reading " + file);
        }
      }
    }
    return Sha256.hex(digest);
  }
}
