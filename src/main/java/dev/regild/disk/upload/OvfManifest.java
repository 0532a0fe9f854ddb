package dev.regild.disk.upload;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The digests of the files of an archive, as its {@code .mf} lists them: {@code SHA256(disk.vmdk)=
 * 0e7db0…} (DSP0243, section 5.1). They tell damage; a signature of them ({@code .cert}) is not
 * looked at.
 */
record OvfManifest(Map<String, Digest> digests) {
  private static final Pattern LINE =
      Pattern.compile("(\\w{1,20}) *\\((.{1,1024})\\) *= *([0-9a-fA-F]{1,256})");

  private static final Map<String, String> ALGORITHMS =
      Map.of("SHA1", "SHA-1", "SHA256", "SHA-256", "SHA512", "SHA-512");

  /** A file's digest, lower-case hexadecimal, by Java's name of the algorithm. */
  record Digest(String algorithm, String value) {}

  /** What is computed of a file as it is read. */
  static final class Running {
    private final List<MessageDigest> digests = new ArrayList<>();

    /** Of the file's digest in the manifest; of all kinds where the manifest is yet to come. */
    static Running of(String file, Optional<OvfManifest> manifest) {
      Running running = new Running();
      for (String algorithm : ALGORITHMS.values()) {
        if (manifest.map(m -> m.has(file, algorithm)).orElse(true)) {
          running.digests.add(digest(algorithm));
        }
      }
      return running;
    }

    void update(byte[] buffer, int offset, int length) {
      digests.forEach(digest -> digest.update(buffer, offset, length));
    }

    /** The values of all of them, by algorithm. */
    Map<String, String> values() {
      Map<String, String> values = new HashMap<>();
      for (MessageDigest digest : digests) {
        values.put(digest.getAlgorithm(), HexFormat.of().formatHex(digest.digest()));
      }
      return values;
    }

    private static MessageDigest digest(String algorithm) {
      try {
        return MessageDigest.getInstance(algorithm);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("This Java has no " + algorithm + ".", e);
      }
    }
  }

  private boolean has(String file, String algorithm) {
    Digest digest = digests.get(file);
    return digest != null && digest.algorithm().equals(algorithm);
  }

  /**
   * Reads a manifest. Lines that are no digests are passed over, as other readers do.
   *
   * @throws DamagedArchiveException if a digest is of a kind that can't be checked
   */
  static OvfManifest parse(byte[] text) throws DamagedArchiveException {
    Map<String, Digest> digests = new HashMap<>();
    for (String line : new String(text, StandardCharsets.UTF_8).lines().toList()) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        String algorithm = ALGORITHMS.get(matcher.group(1).toUpperCase(Locale.ROOT));
        if (algorithm == null) {
          throw new DamagedArchiveException(
              "the archive's .mf has digests by %s, which is neither SHA1, SHA256 nor SHA512; make it again by: ovftool --shaAlgorithm=SHA256"
                  .formatted(matcher.group(1)));
        }
        digests.put(
            ArchiveNames.plain(matcher.group(2)),
            new Digest(algorithm, matcher.group(3).toLowerCase(Locale.ROOT)));
      }
    }
    return new OvfManifest(Map.copyOf(digests));
  }

  /**
   * Compares a file's digests with the one that is listed; a file that isn't listed is taken as is.
   *
   * @throws DamagedArchiveException if they differ
   */
  void require(String file, Map<String, String> values) throws DamagedArchiveException {
    Digest listed = digests.get(file);
    if (listed != null && !listed.value().equals(values.get(listed.algorithm()))) {
      throw new DamagedArchiveException(
          "%s does not have the %s that the archive's .mf names, so it is damaged or was changed; copy the archive again"
              .formatted(ArchiveNames.shown(file), listed.algorithm()));
    }
  }
}
