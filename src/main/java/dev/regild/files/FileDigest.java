package dev.regild.files;

import java.util.OptionalLong;

/**
 * What a verified document says that a file must be.
 *
 * @param size bytes; empty if the document doesn't say
 * @param hash a {@link StrongHash} in lower-case hexadecimal
 */
public record FileDigest(OptionalLong size, String hash) {
  public FileDigest {
    if (StrongHash.ofText(hash).isEmpty()) {
      throw new IllegalArgumentException("'" + hash + "' is not a strong hash");
    }
  }

  public FileDigest(long size, String hash) {
    this(OptionalLong.of(size), hash);
  }

  public StrongHash algorithm() {
    return StrongHash.ofText(hash).orElseThrow();
  }

  /** Whether a file of that many bytes and that hash, of the same kind, is it. */
  public boolean matches(long bytes, String actual) {
    return size.orElse(bytes) == bytes && hash.equals(actual);
  }

  /** {@code 120 bytes with SHA-256 ab…}. */
  @Override
  public String toString() {
    return (size.isPresent() ? size.getAsLong() + " bytes with " : "")
        + algorithm().title()
        + " "
        + hash;
  }
}
