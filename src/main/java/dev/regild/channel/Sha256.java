package dev.regild.channel;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** SHA-256 in lower-case hexadecimal. */
final class Sha256 {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  private Sha256() {}

  static String of(byte[] content) {
    return hex(digest(), content);
  }

  static String of(Path file) throws IOException {
    return StrongHash.SHA256.of(file);
  }

  /** SHA-512, by which metalinks name documents. */
  static String sha512(byte[] content) {
    return hex(StrongHash.SHA512.digest(), content);
  }

  /** Whether a text has the form of one. */
  static boolean isHex(String text) {
    return HEX.matcher(text).matches();
  }

  static MessageDigest digest() {
    return StrongHash.SHA256.digest();
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String hex(MessageDigest digest, byte[] content) {
    return HexFormat.of().formatHex(digest.digest(content));
  }
}
