package dev.regild.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.feed.ReleaseSupport.Unsupported;
import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupportFilesTest {
  private static final Instant NOW = Instant.parse("2026-11-30T00:00:00Z");

  @TempDir Path directory;

  private SupportFiles files() throws IOException {
    Files.writeString(
        directory.resolve("debian.csv"),
        """
        version,codename,series,created,release,eol,eol-lts,eol-elts
        12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30
        14,Forky,forky,2025-08-09
        ,Sid,sid,1993-08-16
        """);
    Files.writeString(
        directory.resolve("ubuntu.csv"),
        """
        version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy
        22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-21,2034-04-21
        24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2029-05-31,2029-05-31,2034-04-25,2036-04-25
        """);
    Files.writeString(
        directory.resolve("security-support-ended.deb12"),
        """
        # List of packages whose security support ends before the distribution EOL

        php-horde.*\t0\t\t\t2025-03-22\thttps://lists.debian.example/1; incompatible
        suricata        1:6.0.10-1              2027-04-30      Upstream support ended
        """);
    Files.writeString(
        directory.resolve("security-support-limited"),
        """
        binutils        Only suitable for trusted content
        golang.*        See the release notes
        libsoup2.4      Only supported as a client
        """);
    return new SupportFiles(directory, directory);
  }

  @Test
  void theEndOfAReleaseIsThatOfItsVendor() throws IOException {
    SupportFiles files = files();
    assertThat(files.of("DEBIAN_12").ends()).contains(Instant.parse("2026-07-11T00:00:00Z"));
    assertThat(files.of("DEBIAN_12").longTermEnds())
        .contains(Instant.parse("2028-06-30T00:00:00Z"));
    assertThat(files.of("DEBIAN_14").ends()).as("not known yet").isEmpty();
    assertThat(files.of("UBUNTU_2204").ends()).contains(Instant.parse("2027-06-01T00:00:00Z"));
    assertThat(files.of("UBUNTU_2204").longTermEnds()).as("without a subscription").isEmpty();
    assertThat(files.of("UBUNTU_PRO_2404").longTermEnds())
        .contains(Instant.parse("2034-04-25T00:00:00Z"));
    assertThat(files.of("ROCKY_LINUX9")).isEqualTo(ReleaseSupport.UNKNOWN);
  }

  @Test
  void packagesWhoseSupportHasEndedOrIsLimitedAreNamedWithTheReason() throws IOException {
    List<Unsupported> found =
        files()
            .of("DEBIAN_12")
            .unsupported(
                List.of(
                    "php-horde-core", "suricata", "binutils", "golang-1.19", "libsoup2x4", "bash"),
                NOW)
            .orElseThrow();
    assertThat(found.stream().map(Unsupported::source))
        .as("suricata's ends later, and a dot is a dot")
        .containsExactly("binutils", "golang-1.19", "php-horde-core");
    assertThat(found.getLast().ended()).contains(Instant.parse("2025-03-22T00:00:00Z"));
    assertThat(found.getLast().why()).contains("incompatible");
    assertThat(files().of("UBUNTU_2204").unsupported(List.of("binutils"), NOW)).isEmpty();
  }

  @Test
  void filesThatAreNotThereOrNotOfTheirFormSayNothing() throws IOException {
    assertThat(new SupportFiles(directory, directory).of("DEBIAN_12").ends()).isEmpty();
    assertThat(new SupportFiles(directory, directory).of("DEBIAN_12").packages()).isEmpty();
    Files.writeString(directory.resolve("debian.csv"), "<html>\n12,a,b,c,d,2026-07-11\n");
    assertThat(new SupportFiles(directory, directory).of("DEBIAN_12").ends()).isEmpty();
    Files.writeString(directory.resolve("debian.csv"), "version,eol\n12,soon\n");
    assertThat(new SupportFiles(directory, directory).of("DEBIAN_12").ends()).isEmpty();
  }

  /** The packages as Debian has them. */
  @Test
  void theFilesOfTheHostAreRead() {
    HostTools.assume(
        Files.exists(SupportFiles.DISTRO_INFO.resolve("debian.csv"))
            && Files.exists(SupportFiles.SECURITY_SUPPORT.resolve("security-support-limited")),
        "install distro-info-data and debian-security-support");
    ReleaseSupport bookworm =
        new SupportFiles(SupportFiles.DISTRO_INFO, SupportFiles.SECURITY_SUPPORT).of("DEBIAN_12");
    assertThat(bookworm.ends())
        .hasValueSatisfying(
            at -> assertThat(at).isBetween("2026-06-01T00:00:00Z", "2026-12-31T00:00:00Z"));
    assertThat(bookworm.longTermEnds()).isPresent();
    assertThat(bookworm.unsupported(List.of("binutils", "bash"), NOW))
        .hasValueSatisfying(found ->
            assertThat(found.stream().map(Unsupported::source)).containsExactly("binutils"));
  }
}
