package dev.regild.rpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.RpmPackages;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixedCve;
import dev.regild.insight.NamedCve;
import dev.regild.insight.Purl;
import dev.regild.insight.Replacement;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RpmNotesTest {
  private static final String SPEC =
      """
      Name: openssl-libs
      Epoch: 1
      Version: 1.1.1k
      Release: 12.el8_9
      Summary: A test
      License: MIT
      BuildArch: noarch
      %description
      A test.
      %files
      %changelog
      * Thu Nov 30 2023 Jane Doe <jane@example.org> - 1:1.1.1k-12
      - Fix CVE-2023-5678: excessive time
      - Fix regression caused by the fix for CVE-2023-3446
      * Thu Nov 30 2022 Jane Doe <jane@example.org> - 1:1.1.1k-9
      - Fix CVE-2023-0286 X.400 address type confusion
      * Thu Nov 30 2021 Jane Doe <jane@example.org> 1:1.1.1k-5
      - CVE-2021-3712 openssl: read buffer overruns
      """;

  @TempDir Path directory;

  private final RpmNotes notes = new RpmNotes();

  @Test
  void theHeadersChangelogIsReadAndComparedWithoutEpochAndDistribution() throws Exception {
    Changelog read = notes.changelog(built()).orElseThrow();
    assertThat(read.source()).isEqualTo("openssl-libs");
    assertThat(read.version()).isEqualTo("1:1.1.1k-12.el8_9");
    assertThat(read.entries())
        .extracting(ChangelogEntry::version)
        .containsExactly("1:1.1.1k-12", "1:1.1.1k-9", "1:1.1.1k-5");
    assertThat(read.entries().getFirst().cves())
        .containsExactly(
            new NamedCve("CVE-2023-5678", true, "- Fix CVE-2023-5678: excessive time"),
            new NamedCve(
                "CVE-2023-3446", false, "- Fix regression caused by the fix for CVE-2023-3446"));

    SourceFixes fixes = fixes(read, "1:1.1.1k-9.el8_7", List.of());
    assertThat(fixes.unknown()).isEmpty();
    assertThat(fixes.fixed()).extracting(FixedCve::cve).containsExactly("CVE-2023-5678");
    assertThat(fixes.mentioned()).extracting(FixedCve::cve).containsExactly("CVE-2023-3446");
    // Builders cut changelogs: what lies behind the last entry is unknown.
    assertThat(fixes(read, "1:1.1.1g-1.el8", List.of()).unknown())
        .isEqualTo("its changelog begins with 1:1.1.1k-5");
  }

  @Test
  void whatAnAdvisoryNamesIsFixedTooAndCountsOnce() throws Exception {
    Changelog read = notes.changelog(built()).orElseThrow();
    Advisory advisory =
        new Advisory(
            "RHSA-2023:7877", "security", "Low", List.of("CVE-2023-5678", "CVE-2023-3446"));
    SourceFixes fixes = fixes(read, "1:1.1.1k-9.el8_7", List.of(advisory));
    assertThat(fixes.mentioned()).isEmpty();
    assertThat(fixes.fixed())
        .containsExactly(
            new FixedCve("CVE-2023-3446", "1:1.1.1k-12.el8_9", "RHSA-2023:7877"),
            new FixedCve("CVE-2023-5678", "1:1.1.1k-12", "- Fix CVE-2023-5678: excessive time"));
  }

  @Test
  void aCutOrForeignFileIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(built());
    for (int length : new int[] {0, 50, 100, 1500}) {
      Path cut = Files.write(directory.resolve("cut.rpm"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> notes.changelog(cut)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whoeverBuildsAKernelWritesItsVersionInBrackets() {
    InstalledPackage kernel =
        new InstalledPackage("kernel-core", "x86_64", "4.18.0-553.el8_10", false);
    assertThat(notes.isLater(entry("4.18.0-553.16.1.el8_10"), kernel)).isTrue();
    assertThat(notes.isLater(entry("4.18.0-553.el8_10"), kernel)).isFalse();
    assertThat(notes.isLater(entry("4.18.0-553.el8"), kernel)).isFalse();
    assertThat(notes.isKernel("kernel")).isTrue();
    assertThat(notes.isKernel("kernelshark")).isFalse();
  }

  @Test
  void theEpochOfAPurlIsAQualifier() {
    OperatingSystem rocky = new OperatingSystem("ROCKY_LINUX8", "Rocky Linux 8.10", "8.10");
    assertThat(
            notes.purl(rocky, new InstalledPackage("perl-DBI", "x86_64", "1:1.6^1-2.el8", false)))
        .hasToString("pkg:rpm/rocky/perl-DBI@1.6%5E1-2.el8?arch=x86_64&distro=rocky-8.10&epoch=1");
  }

  /** Scanners compare the vendor to the letter, and spell it differently. */
  @Test
  void aPackageHasTheUrlsOfEachScanner() {
    OperatingSystem alma = new OperatingSystem("ALMA_LINUX9", "AlmaLinux 9.4", "9.4");
    InstalledPackage bash = new InstalledPackage("bash", "x86_64", "5.1.8-9.el9", false);
    assertThat(notes.purls(alma, bash))
        .extracting(Purl::toString)
        .containsExactly(
            "pkg:rpm/almalinux/bash@5.1.8-9.el9?arch=x86_64&distro=almalinux-9.4",
            "pkg:rpm/alma/bash@5.1.8-9.el9?arch=x86_64&distro=alma-9.4");
    OperatingSystem other = new OperatingSystem("OTHER", "Other", "1");
    assertThat(notes.purls(other, bash))
        .extracting(Purl::toString)
        .containsExactly("pkg:rpm/bash@5.1.8-9.el9?arch=x86_64");
  }

  private static ChangelogEntry entry(String version) {
    return new ChangelogEntry("", version, List.of());
  }

  private SourceFixes fixes(Changelog read, String from, List<Advisory> advisories) {
    InstalledPackage before =
        new InstalledPackage("openssl-libs", "noarch", from, false)
            .from(new PackageOrigin("openssl-libs", from.substring(2), "", "", ""));
    return new FixFinder(notes, RpmVersion.FAMILY, List.of(before), _ -> Optional.of(read))
        .find(List.of(new Replacement("openssl-libs", from, read.version(), advisories)))
        .sources()
        .getFirst();
  }

  private Path built() throws Exception {
    RpmPackages.assumeTools();
    RpmPackages.build(directory, SPEC);
    return directory.resolve("RPMS/noarch/openssl-libs-1.1.1k-12.el8_9.noarch.rpm");
  }
}
