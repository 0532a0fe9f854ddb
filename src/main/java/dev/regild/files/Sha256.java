package dev.regild.files;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** SHA-256 in lower-case hexadecimal. */
public final class Sha256 {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  private Sha256() {}

  public static String of(byte[] content) {
    return hex(digest(), content);
  }

  public static String of(Path file) throws IOException {
    return StrongHash.SHA256.of(file);
  }

  /**
   * The same of a large file.
   *
   * @throws java.io.InterruptedIOException if the thread is interrupted meanwhile; it still is then
   */
  public static String interruptibly(Path file) throws IOException {
    return StrongHash.SHA256.interruptibly(file);
  }

  /** SHA-512, by which metalinks name documents. */
  public static String sha512(byte[] content) {
    return hex(StrongHash.SHA512.digest(), content);
  }

  /** Whether a text has the form of one. */
  public static boolean isHex(String text) {
    return HEX.matcher(text).matches();
  }

  public static MessageDigest digest() {
    return StrongHash.SHA256.digest();
  }

  public static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String hex(MessageDigest digest, byte[] content) {
    return HexFormat.of().formatHex(digest.digest(content));
  }
}
