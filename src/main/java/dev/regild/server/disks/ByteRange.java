package dev.regild.server.disks;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a file that an answer holds.
 *
 * @param first the place of its first byte
 * @param bytes how many; none only of an empty file
 */
record ByteRange(long first, long bytes) {
  /** Eighteen digits fit into a long. */
  private static final Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** The whole file. */
  static ByteRange whole(long length) {
    return new ByteRange(0, length);
  }

  /**
   * What the header {@code Range} asks for. RFC 9110, section 14.2, lets a server ignore what it
   * does not serve: several ranges, other units, and what is not a range.
   *
   * @return the part, or the whole where the header is ignored; empty if no byte of the file is in
   *     the range
   */
  static Optional<ByteRange> of(String header, long length) {
    Matcher range = SINGLE.matcher(header.strip());
    if (!range.matches() || header.strip().equals("bytes=-")) {
      return Optional.of(whole(length));
    }
    if (range.group(1).isEmpty()) {
      long bytes = Math.min(Long.parseLong(range.group(2)), length);
      return Optional.of(new ByteRange(length - bytes, bytes)).filter(part -> part.bytes > 0);
    }
    long first = Long.parseLong(range.group(1));
    long last = range.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(range.group(2));
    if (last < first) {
      return Optional.of(whole(length));
    }
    return Optional.of(new ByteRange(first, Math.min(last, length - 1) - first + 1))
        .filter(part -> part.bytes > 0);
  }

  /** The header {@code Content-Range}. */
  String contentRange(long length) {
    return "bytes %d-%d/%d".formatted(first, first + bytes - 1, length);
  }
}
