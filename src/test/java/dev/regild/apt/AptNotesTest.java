package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.Replacement;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AptNotesTest {
  private static final String OPENSSL =
      """
      openssl (3.0.22-1~deb12u2) bookworm-security; urgency=high

        * CVE-2026-84782 ("DTLS Retransmits Handshake Messages From a Stale Buffer
          Offset")
        * Fix regression of CVE-2026-42767

       -- A <a@example.org>  Wed, 21 Oct 2026 16:54:24 +0700

      openssl (3.0.15-1~deb12u1) bookworm-security; urgency=medium

        * CVE-2024-5535

       -- A <a@example.org>  Wed, 21 Oct 2024 16:54:24 +0700
      """;

  private static final String KERNEL =
      """
      linux-signed-amd64 (6.1.192+3) bookworm-security; urgency=high

        * Sign kernel from linux 6.1.192-3

        * nfsd: preflight SEQUENCE replies (CVE-2026-99362)

       -- A <a@example.org>  Thu, 26 Nov 2026 18:12:56 +0100

      linux (6.1.158-2) bookworm-security; urgency=high

        * ext4: fix it (CVE-2025-20002)

       -- A <a@example.org>  Mon, 16 Nov 2025 11:17:40 +0100

      linux (6.1.158-1) bookworm-security; urgency=high

        * ext4: break it (CVE-2025-20001)

       -- A <a@example.org>  Mon, 16 Nov 2025 11:17:40 +0100
      """;

  @TempDir Path directory;

  private final AptNotes notes = new AptNotes();

  @BeforeEach
  void tools() {
    HostTools.assumeInstalled("dpkg-deb");
  }

  @Test
  void manyPackagesOfOneSourceCountEachCveOnce() throws Exception {
    Changelog library = changelog(deb("libssl3", "3.0.22-1~deb12u2", "openssl", "", OPENSSL));
    Changelog tool = changelog(deb("openssl", "3.0.22-1~deb12u2", "", "", OPENSSL));
    Fixes fixes =
        fixes(
            List.of(
                installed("libssl3", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1"),
                installed("openssl", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1")),
            Map.of("libssl3", library, "openssl", tool));
    assertThat(fixes.counts()).isEqualTo(new Fixes.Counts(1, 0, 1, List.of()));
    SourceFixes openssl = fixes.sources().getFirst();
    assertThat(openssl.packages()).containsExactly("libssl3", "openssl");
    assertThat(openssl.from()).isEqualTo("3.0.15-1~deb12u1");
    assertThat(openssl.fixed())
        .containsExactly(
            new FixedCve(
                "CVE-2026-84782",
                "3.0.22-1~deb12u2",
                "* CVE-2026-84782 (\"DTLS Retransmits Handshake Messages From a Stale Buffer"
                    + " Offset\")"));
    assertThat(openssl.mentioned())
        .containsExactly(
            new FixedCve(
                "CVE-2026-42767", "3.0.22-1~deb12u2", "* Fix regression of CVE-2026-42767"));
  }

  /** The rebuild's own version, 1.2-1+b6, stands in no changelog of the source. */
  @Test
  void aRebuildIsComparedByItsSource() throws Exception {
    String log =
        """
        thing (1.2-1+deb12u1) unstable; urgency=low

          * CVE-2026-1111

         -- A <a@example.org>  Thu, 26 Nov 2026 18:12:56 +0100

        thing (1.2-1) unstable; urgency=low

          * CVE-2025-1111

         -- A <a@example.org>  Thu, 26 Nov 2025 18:12:56 +0100
        """;
    Changelog read = changelog(deb("thing", "1.2-1+deb12u1", "", "", log));
    for (Optional<PackageOrigin> origin :
        List.of(
            Optional.<PackageOrigin>empty(),
            Optional.of(new PackageOrigin("thing", "1.2-1", "", "", "")))) {
      Fixes fixes =
          fixes(
              List.of(new InstalledPackage("thing", "amd64", "1.2-1+b6", false, origin)),
              Map.of("thing", read));
      assertThat(fixes.sources().getFirst().fixed())
          .extracting(FixedCve::cve)
          .containsExactly("CVE-2026-1111");
    }
  }

  @Test
  void aNewKernelIsComparedWithTheOneThatItsMetapackageStoodFor() throws Exception {
    String image = "linux-image-6.1.0-57-cloud-amd64";
    Changelog meta =
        changelog(
            deb(
                "linux-image-cloud-amd64",
                "6.1.192-3",
                "linux-signed-amd64 (6.1.192+3)",
                image,
                ""));
    assertThat(meta.sharedWith()).isEqualTo(image);
    assertThat(meta.sourceVersion()).isEqualTo("6.1.192+3");
    Changelog kernel =
        changelog(deb(image, "6.1.192-3", "linux-signed-amd64 (6.1.192+3)", "", KERNEL, true));
    List<InstalledPackage> installed =
        List.of(
            installed(
                "linux-image-6.1.0-41-cloud-amd64", "6.1.158-1", "linux-signed-amd64", "6.1.158+1"),
            installed("linux-image-cloud-amd64", "6.1.158-1", "linux-signed-amd64", "6.1.158+1"));
    Fixes fixes = fixes(installed, Map.of("linux-image-cloud-amd64", meta, image, kernel));
    assertThat(fixes.counts()).isEqualTo(new Fixes.Counts(0, 2, 0, List.of()));
    assertThat(fixes.sources().getFirst().fixed())
        .extracting(FixedCve::cve)
        .containsExactly("CVE-2025-20002", "CVE-2026-99362");
    // Without the metapackage, and of an inventory that was stored before sources were read.
    List<InstalledPackage> older =
        List.of(
            new InstalledPackage("linux-image-6.1.0-41-cloud-amd64", "amd64", "6.1.158-1", false));
    assertThat(fixes(older, Map.of(image, kernel)).counts().kernel()).isEqualTo(2);
    // As a dry run sees it before anybody has read the kernel.
    Fixes unread = fixes(installed, Map.of("linux-image-cloud-amd64", meta));
    assertThat(unread.counts().unknown()).containsExactly("linux-image-cloud-amd64");
    assertThat(unread.sources().getFirst().unknown())
        .isEqualTo("its changelog is in the package " + image + ", which was not read");
  }

  @Test
  void aPackageOfWhichNothingWasThereFixesNothing() throws Exception {
    Changelog read = changelog(deb("openssl", "3.0.22-1~deb12u2", "", "", OPENSSL));
    assertThat(fixes(List.of(), Map.of("openssl", read)).sources()).isEmpty();
  }

  @Test
  void whatIsMissingBrokenOrCutIsUnknownAndNeverNothing() throws Exception {
    InstalledPackage before = installed("openssl", "3.0.14-1", "openssl", "3.0.14-1");
    String none = unknown(before, changelog(deb("openssl", "3.0.22-1~deb12u2", "", "", "")));
    assertThat(none).isEqualTo("it has no changelog");
    Path broken = deb("openssl", "3.0.22-1~deb12u2", "", "", "", false, "no gzip".getBytes(UTF_8));
    assertThat(unknown(before, changelog(broken))).startsWith("its changelog is damaged");
    Path upstream = deb("openssl", "3.0.22-1~deb12u2", "", "", "Release 3\n * CVE-2026-1\n", true);
    assertThat(unknown(before, changelog(upstream)))
        .isEqualTo("its changelog has no entry in Debian's format");
    String cut = "\n# Older entries have been removed from this changelog.\n";
    Changelog short1 = changelog(deb("openssl", "3.0.22-1~deb12u2", "", "", OPENSSL + cut));
    assertThat(unknown(before, short1)).isEqualTo("its changelog begins with 3.0.15-1~deb12u1");
    InstalledPackage inRange =
        installed("openssl", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1");
    assertThat(unknown(inRange, short1)).isEmpty();
    assertThatThrownBy(() -> notes.changelog(Files.writeString(directory.resolve("x"), "x")))
        .isInstanceOf(IOException.class)
        .hasMessage("it is not a Debian package");
  }

  /** What was read of it counts where it reaches back far enough. */
  @Test
  void aChangelogOf100MbIsReadToItsLimit() throws Exception {
    Path gzip = directory.resolve("long.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(OPENSSL.getBytes(UTF_8));
      byte[] line = "openssl (1.0-1) unstable; urgency=low\n\n  * CVE-2000-1111\n".getBytes(UTF_8);
      for (long written = 0; written < 100 << 20; written += line.length) {
        out.write(line);
      }
    }
    Path file = deb("openssl", "3.0.22-1~deb12u2", "", "", "", false, Files.readAllBytes(gzip));
    Changelog read = changelog(file);
    assertThat(read.problem()).contains("too long");
    InstalledPackage inRange =
        installed("openssl", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1");
    assertThat(unknown(inRange, read)).isEmpty();
    assertThat(unknown(installed("openssl", "0.9-1", "openssl", "0.9-1"), read))
        .contains("too long");
  }

  @Test
  void entriesThatAreLaterAreThoseOfTheSource() {
    InstalledPackage signed =
        installed("linux-image-cloud-amd64", "6.1.158-1", "linux-signed-amd64", "6.1.158+1");
    assertThat(notes.isLater(entry("linux", "6.1.158-1"), signed)).isFalse();
    assertThat(notes.isLater(entry("linux", "6.1.158-2"), signed)).isTrue();
    assertThat(notes.isLater(entry("linux-signed-amd64", "6.1.158+1"), signed)).isFalse();
    assertThat(notes.isLater(entry("linux-signed-amd64", "6.1.159+1"), signed)).isTrue();
  }

  @Test
  void purlsAreEncodedAsTheirSpecificationSays() {
    OperatingSystem debian = new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12", "12.5");
    assertThat(notes.purl(debian, new InstalledPackage("libstdc++6", "amd64", "1:12.2+b1", false)))
        .hasToString("pkg:deb/debian/libstdc%2B%2B6@1:12.2%2Bb1?arch=amd64&distro=debian-12");
    OperatingSystem ubuntu = new OperatingSystem("UBUNTU_2204", "Ubuntu 22.04.1 LTS", "22.04");
    assertThat(notes.purl(ubuntu, new InstalledPackage("bash", "all", "5~1", false)))
        .hasToString("pkg:deb/ubuntu/bash@5~1?arch=all&distro=ubuntu-22.04");
  }

  private static ChangelogEntry entry(String source, String version) {
    return new ChangelogEntry(source, version, List.of());
  }

  private String unknown(InstalledPackage before, Changelog read) {
    return fixes(List.of(before), Map.of(before.name(), read)).sources().getFirst().unknown();
  }

  private Fixes fixes(List<InstalledPackage> installed, Map<String, Changelog> read) {
    List<Replacement> update =
        read.values().stream()
            .map(each ->
                new Replacement(
                    each.name(),
                    installed.stream()
                        .filter(it -> it.name().equals(each.name()))
                        .map(InstalledPackage::version)
                        .findFirst()
                        .orElse(""),
                    each.version(),
                    List.of()))
            .toList();
    return new FixFinder(
            notes,
            DebianVersion.FAMILY,
            installed,
            each -> Optional.ofNullable(read.get(each.name())))
        .find(update);
  }

  private static InstalledPackage installed(
      String name, String version, String source, String sourceVersion) {
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin(source, sourceVersion, "", "", ""));
  }

  private Changelog changelog(Path file) throws IOException {
    return notes.changelog(file).orElseThrow();
  }

  private Path deb(String name, String version, String source, String link, String changelog)
      throws Exception {
    return deb(name, version, source, link, changelog, false);
  }

  private Path deb(
      String name, String version, String source, String link, String changelog, boolean isNative)
      throws Exception {
    return deb(name, version, source, link, changelog, isNative, new byte[0]);
  }

  /** Made by dpkg-deb, whose archives these are. */
  private Path deb(
      String name,
      String version,
      String source,
      String link,
      String changelog,
      boolean isNative,
      byte[] raw)
      throws Exception {
    Path tree = Files.createTempDirectory(directory, name);
    Path documents = Files.createDirectories(tree.resolve("usr/share/doc"));
    if (link.isEmpty()) {
      Path own = Files.createDirectory(documents.resolve(name));
      Path file = own.resolve(isNative ? "changelog.gz" : "changelog.Debian.gz");
      if (raw.length > 0) {
        Files.write(file, raw);
      } else if (!changelog.isEmpty()) {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
          out.write(changelog.getBytes(UTF_8));
        }
      }
    } else {
      Files.createSymbolicLink(documents.resolve(name), Path.of(link));
    }
    Files.writeString(
        Files.createDirectory(tree.resolve("DEBIAN")).resolve("control"),
        "Package: %s\nVersion: %s\n%sArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: x\n"
            .formatted(name, version, source.isEmpty() ? "" : "Source: " + source + "\n"));
    Path file = Files.createTempFile(directory, name, ".deb");
    Program.of(
            "dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "-b", tree.toString(), file.toString())
        .run();
    return file;
  }
}
