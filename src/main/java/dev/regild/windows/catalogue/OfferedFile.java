package dev.regild.windows.catalogue;

import java.util.List;
import java.util.Locale;

/**
 * A file that a server of updates has.
 *
 * @param fileName for a guest, unique in a snapshot: letters, digits, dots, hyphens, underscores
 * @param size bytes
 * @param sha256 in lower-case hexadecimal
 * @param sha1 by which servers know it, in base 64
 * @param urls where it is, the best first
 */
public record OfferedFile(
    String fileName, long size, String sha256, String sha1, List<String> urls) {
  public OfferedFile {
    urls = List.copyOf(urls);
  }

  /** Returns the name for a guest of a file that a server names in its own way. */
  public static String guestName(String name, String sha256) {
    int dot = name.lastIndexOf('.');
    String plain = name.substring(0, dot).replaceAll("[^A-Za-z0-9_-]+", "-");
    String stem = plain.replaceAll("^-+|-+$", "");
    return "%s-%s%s"
        .formatted(
            stem.substring(0, Math.min(36, stem.length())),
            sha256.substring(0, 12),
            name.substring(dot).toLowerCase(Locale.ROOT));
  }
}
