package dev.regild.plan;

/**
 * Where an installed package comes from, by its package system's database. Unknown fields are
 * empty.
 *
 * @param source the name of its source package: {@code openssl}
 * @param sourceVersion the version of its source package: {@code 3.0.15-1~deb12u1}
 * @param vendor rpm's {@code Vendor}; dpkg's {@code Origin}, or else its {@code Maintainer}; the
 *     publisher of a driver or a program
 * @param section dpkg's {@code Section}, rpm's {@code Group}
 * @param license as the package system spells it; dpkg has none
 */
public record PackageOrigin(
    String source, String sourceVersion, String vendor, String section, String license) {
  /** The origin of a package that its package system does not describe. */
  public static final PackageOrigin UNDESCRIBED = new PackageOrigin("", "", "", "", "");

  /** In characters; the licences of packages with many parts have a few hundred. */
  private static final int LONGEST = 1000;

  public PackageOrigin {
    source = bounded(source);
    sourceVersion = bounded(sourceVersion);
    vendor = bounded(vendor);
    section = bounded(section);
    license = bounded(license);
  }

  private static String bounded(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
  }
}
