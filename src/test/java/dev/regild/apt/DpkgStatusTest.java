package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.ConfigurationCheck.Expected;
import dev.regild.plan.PackageOrigin;
import java.util.List;
import org.junit.jupiter.api.Test;

class DpkgStatusTest {
  @Test
  void fieldsAreReadWhateverLinesLieBetweenThem() throws Exception {
    assertThat(
            parse(
                """
                Package: a
                Status: install ok installed
                Description: Package: b
                 Package: c
                Architecture:  amd64\s
                Version: 1

                Package: d
                Status: hold ok installed
                """))
        .extracting(
            DpkgStatus.Entry::name,
            DpkgStatus.Entry::architecture,
            DpkgStatus.Entry::version,
            DpkgStatus.Entry::status)
        .containsExactly(
            tuple("a", "amd64", "1", "install ok installed"),
            tuple("d", "", "", "hold ok installed"));
  }

  @Test
  void aDescriptionThatIsTooLongIsCut() throws Exception {
    String name = "x".repeat(999);
    assertThat(parse("Package: a\nVersion: 1\nMaintainer: %s y\nSection: %1$s\n".formatted(name)))
        .extracting(DpkgStatus.Entry::origin)
        .containsExactly(new PackageOrigin("a", "1", name, name, ""));
  }

  /** One that an older version had, or that comes with the next, is not compared. */
  @Test
  void configurationFilesAreListedWithTheirDigests() throws Exception {
    String digest = "0123456789abcdef0123456789abcdef";
    assertThat(
            parse(
                """
                Package: a
                Conffiles:
                 /etc/a %1$s
                 /etc/a with a space %1$s
                 /etc/old %1$s obsolete
                 /etc/next newconffile
                Description: a package
                 /etc/not %1$s

                Package: b
                Version: 1
                """
                    .formatted(digest)))
        .extracting(DpkgStatus.Entry::configuration)
        .containsExactly(
            List.of(
                new Expected("/etc/a", "a", digest),
                new Expected("/etc/a with a space", "a", digest)),
            List.of());
  }

  /** The paragraphs of a Debian 12, shortened. */
  @Test
  void everyFormOfASourceIsRead() throws Exception {
    assertThat(
            parse(
                """
                Package: linux-image-cloud-amd64
                Source: linux-signed-amd64 (6.1.192+3)
                Section: kernel
                Maintainer: Debian Kernel Team <debian-kernel@lists.debian.org>
                Version: 6.1.192-3

                Package: libssl3
                Source: openssl
                Version: 3.0.22-1~deb12u2

                Package: bash
                Origin: Example
                Maintainer: Matthias Klose <doko@debian.org>
                Version: 5.2.15-2+b13

                Package: libzstd1
                Source: libzstd (1.5.4+dfsg2-5)
                Version: 1.5.4+dfsg2-5+b2
                """))
        .extracting(DpkgStatus.Entry::origin)
        .containsExactly(
            new PackageOrigin(
                "linux-signed-amd64",
                "6.1.192+3",
                "Debian Kernel Team <debian-kernel@lists.debian.org>",
                "kernel",
                ""),
            new PackageOrigin("openssl", "3.0.22-1~deb12u2", "", "", ""),
            new PackageOrigin("bash", "5.2.15-2", "Example", "", ""),
            new PackageOrigin("libzstd", "1.5.4+dfsg2-5", "", "", ""));
  }

  @Test
  void morePackagesThanAnySystemHasAreRefused() {
    assertThatThrownBy(() -> parse("Package: a\n\n".repeat(DpkgStatus.MOST_PACKAGES + 1)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("/var/lib/dpkg/status")
        .hasMessageContaining("more than 100000 packages")
        .hasMessageContaining("upload the disk again");
  }

  @Test
  void aFieldPastAllMeasureIsRefusedAndALongDescriptionIsNot() throws Exception {
    assertThatThrownBy(() -> parse("Package: " + "a".repeat(2000)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("a field Package: has more than 1000 bytes");
    assertThat(parse("Package: a\nDescription: " + "a".repeat(1 << 20))).hasSize(1);
  }

  private static List<DpkgStatus.Entry> parse(String status) throws Exception {
    return DpkgStatus.parse(status.getBytes(UTF_8));
  }
}
