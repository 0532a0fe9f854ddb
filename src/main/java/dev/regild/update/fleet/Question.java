package dev.regild.update.fleet;

import dev.regild.plan.VersionRange;
import java.util.Locale;
import java.util.Optional;

/** What images are searched for. */
public sealed interface Question {
  /**
   * Asks for the images that have a package, or one that was built from a source package.
   *
   * @param name of the package, without its architecture, or of the source
   * @param range of versions; empty for every one
   */
  record OfPackage(String name, Optional<VersionRange> range) implements Question {}

  /**
   * Asks for the images with a package whose changelog or advisory names a CVE.
   *
   * @param cve {@code CVE-2026-84782}
   */
  record OfCve(String cve) implements Question {
    public OfCve {
      cve = cve.toUpperCase(Locale.ROOT);
      if (!cve.matches("CVE-\\d{4}-\\d{4,19}")) {
        throw new IllegalArgumentException(
            "'%s' is not a CVE. Write one such as CVE-2026-84782.".formatted(cve));
      }
    }
  }

  /**
   * Asks for the images with a package that an advisory of their channel's current snapshot names.
   *
   * @param id {@code RHSA-2026:1234}
   */
  record OfAdvisory(String id) implements Question {}
}
