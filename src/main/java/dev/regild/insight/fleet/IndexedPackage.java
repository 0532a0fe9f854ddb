package dev.regild.insight.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.VersionRange;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.Optional;

/**
 * A version of a package as images of one platform have it.
 *
 * @param source the name of its source package; empty if the inventory was stored before sources
 *     were read
 * @param sourceVersion the version of its source package, or empty
 */
public record IndexedPackage(
    String platform,
    String name,
    String architecture,
    String version,
    String source,
    String sourceVersion) {
  static IndexedPackage of(String platform, InstalledPackage each) {
    PackageOrigin origin = each.origin().orElse(PackageOrigin.UNDESCRIBED);
    return new IndexedPackage(
        platform,
        each.name(),
        each.architecture(),
        each.version(),
        origin.source(),
        origin.sourceVersion());
  }

  /** Returns the package as an inventory has it. */
  public InstalledPackage installed() {
    InstalledPackage plain = new InstalledPackage(name, architecture, version, false);
    return source.isEmpty()
        ? plain
        : plain.from(new PackageOrigin(source, sourceVersion, "", "", ""));
  }

  /**
   * Returns whether somebody means this package by a name, which may be that of its source, and a
   * range of versions.
   *
   * @param order of the versions of its package system; empty if the system is not known, so that
   *     no range has the version
   */
  public boolean isMeantBy(
      String wanted, Optional<VersionRange> range, Optional<Comparator<String>> order) {
    return (name.equals(wanted) && has(version, range, order))
        || (source.equals(wanted) && has(sourceVersion, range, order));
  }

  private static boolean has(
      String version, Optional<VersionRange> range, Optional<Comparator<String>> order) {
    return range.isEmpty() || order.filter(it -> range.get().includes(version, it)).isPresent();
  }

  /**
   * Returns its key in the index.
   *
   * @param attempt 0, or more if the keys before belong to other packages
   */
  long key(int attempt) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part :
          new String[] {platform, name, architecture, version, source, sourceVersion}) {
        byte[] bytes = part.getBytes(UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
        digest.update(bytes);
      }
      digest.update((byte) attempt);
      return ByteBuffer.wrap(digest.digest()).getLong() & Long.MAX_VALUE;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
