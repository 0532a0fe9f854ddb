package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import dev.regild.apt.AptPackageSystem;
import dev.regild.feed.Issue.State;
import dev.regild.feed.OpenCves.Found;
import dev.regild.feed.OpenCves.Status;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.rpm.RpmPackageSystem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OsvRecordsTest {
  private static final String UBUNTU =
      """
      {"schema_version": "1.7.0", "id": "UBUNTU-CVE-2026-3001", "modified": "2026-09-12T19:00:05Z",
       "upstream": ["CVE-2026-3001"], "related": ["USN-7001-1", "CVE-2026-9999"],
       "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}, {"type": "Ubuntu", "score": "high"}],
       "affected": [
        {"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "openssl",
          "purl": "pkg:deb/ubuntu/openssl?arch=source&distro=jammy"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.2-0ubuntu1.9"}]}],
         "versions": ["3.0.0-1ubuntu1", "3.0.2-0ubuntu1"],
         "ecosystem_specific": {"binaries": [{"binary_name": "libssl3", "binary_version": "3.0.2"}]}},
        {"package": {"ecosystem": "Ubuntu:24.04:LTS", "name": "vips"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]},
        {"package": {"ecosystem": "Ubuntu:Pro:24.04:LTS", "name": "vips"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "8.15.1-1.1ubuntu0.1~esm1"}]}]},
        {"package": {"ecosystem": "Ubuntu:Pro:14.04:LTS", "name": "openssl"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}
      """;

  private static final String USN =
      """
      {"id": "USN-7001-1", "modified": "2026-09-12T19:00:05Z", "upstream": ["CVE-2026-3001"],
       "affected": [{"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "openssl1.0"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}]}]}
      """;

  private static final String WITHDRAWN =
      """
      {"id": "UBUNTU-CVE-2026-3002", "modified": "2026-09-12T19:00:05Z",
       "withdrawn": "2026-09-13T00:00:00Z",
       "affected": [{"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "openssl"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}
      """;

  private static final String ALMA =
      """
      {"id": "ALSA-2026:1001", "summary": "Important: openssl security update",
       "affected": [
        {"package": {"ecosystem": "AlmaLinux:9", "name": "openssl-libs"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:3.0.7-27.el9"}]}]},
        {"package": {"ecosystem": "AlmaLinux:9", "name": "nodejs"},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:20.1.0-1.module_el9.4.0+1+abc"}]}]}],
       "related": ["CVE-2026-4001", "CVE-2026-4002"], "modified": "2026-07-01T19:42:01Z"}
      """;

  private static final String LATER =
      ALMA.replace("ALSA-2026:1001", "ALSA-2026:2002").replace("3.0.7-27.el9", "3.0.7-30.el9");

  @TempDir Path directory;

  private FeedFacts read(Path file, String... platforms) throws Exception {
    FeedFacts facts = new FeedFacts(Set.of(platforms));
    FeedKind.OSV.reader().read(file, facts);
    return facts;
  }

  private Path zip(String... records) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (int i = 0; i < records.length; i++) {
        zip.putNextEntry(new ZipEntry("record-" + i + ".json"));
        zip.write(records[i].getBytes(UTF_8));
      }
    }
    return Files.write(directory.resolve("all.zip"), bytes.toByteArray());
  }

  private static PlatformFacts facts(FeedFacts read, String platform) throws IOException {
    return new PlatformFacts(
        "basis", Optional.of(FeedFacts.unpacked(read.packed(platform))), Optional.empty());
  }

  private static Map<String, Status> statuses(List<Found> found) {
    return found.stream()
        .collect(Collectors.toMap(each -> each.source() + " " + each.issue().cve(), Found::status));
  }

  @Test
  void recordsOfUbuntuAreReadOutOfAZip() throws Exception {
    FeedFacts read = read(zip(UBUNTU, USN, WITHDRAWN), "UBUNTU_2204", "UBUNTU_PRO_2404");
    AptPackageSystem apt = new AptPackageSystem();
    OpenCves jammy = new OpenCves(facts(read, "UBUNTU_2204"), apt.family(), apt.notes());
    InstalledPackage libssl =
        new InstalledPackage("libssl3", "amd64", "3.0.2-0ubuntu1.8", false)
            .from(new PackageOrigin("openssl", "3.0.2-0ubuntu1.8", "", "", ""));
    List<Found> found = jammy.find(List.of(libssl));
    assertThat(statuses(found)).isEqualTo(Map.of("openssl CVE-2026-3001", Status.OPEN));
    assertThat(found.getFirst().issue().severity()).isEqualTo("high");
    assertThat(read.find("UBUNTU_PRO_2404", "vips", "CVE-2026-3001"))
        .as("a subscription has the fix")
        .extracting(Issue::fixed)
        .isEqualTo("8.15.1-1.1ubuntu0.1~esm1");
    assertThat(read.issues("UBUNTU_2204")).isEqualTo(1);
  }

  /** Its records name binary packages, and the same CVE again in later ones. */
  @Test
  void recordsOfAlmaLinuxAreComparedAsRpmDoes() throws Exception {
    for (List<String> order : List.of(List.of(ALMA, LATER), List.of(LATER, ALMA))) {
      FeedFacts read = read(zip(order.toArray(String[]::new)), "ALMA_LINUX9");
      RpmPackageSystem rpm = new RpmPackageSystem();
      OpenCves cves = new OpenCves(facts(read, "ALMA_LINUX9"), rpm.family(), rpm.notes());
      InstalledPackage old =
          new InstalledPackage("openssl-libs", "x86_64", "1:3.0.7-6.el9", false)
              .from(new PackageOrigin("openssl", "3.0.7-6.el9", "", "", ""));
      assertThat(statuses(cves.find(List.of(old))))
          .isEqualTo(
              Map.of(
                  "openssl-libs CVE-2026-4001", Status.OPEN,
                  "openssl-libs CVE-2026-4002", Status.OPEN));
      InstalledPackage fixed =
          new InstalledPackage("openssl-libs", "x86_64", "1:3.0.7-28.el9", false);
      assertThat(statuses(cves.find(List.of(fixed)))).containsValues(Status.FIXED, Status.FIXED);
      InstalledPackage plain = new InstalledPackage("nodejs", "x86_64", "1:16.1.0-1.el9", false);
      assertThat(statuses(cves.find(List.of(plain))))
          .as("a module's fix is of another package")
          .containsValue(Status.NOT_AFFECTED)
          .doesNotContainValue(Status.OPEN);
      assertThat(cves.find(List.of(old)).getFirst().issue().severity()).isEqualTo("Important");
    }
  }

  @Test
  void aRecordOrAListOfThemByItselfIsReadToo() throws Exception {
    Path one = Files.writeString(directory.resolve("one.json"), UBUNTU);
    assertThat(read(one, "UBUNTU_2204").issues()).isEqualTo(1);
    Path list = Files.writeString(directory.resolve("list.json"), "[" + UBUNTU + "," + ALMA + "]");
    assertThat(read(list, "UBUNTU_2204", "ALMA_LINUX9").issues()).isEqualTo(5);
    Path packed =
        Files.write(directory.resolve("list.zst"), Zstd.compress(Files.readAllBytes(list)));
    assertThat(read(packed, "UBUNTU_2204").issues()).isEqualTo(1);
  }

  @Test
  void anAdvisoryThatIsNotAboutSecurityIsLeftOut() throws Exception {
    String enhancement =
        ALMA.replace("ALSA-", "ALEA-").replace("\"CVE-2026-4001\", \"CVE-2026-4002\"", "");
    assertThat(read(zip(ALMA, enhancement), "ALMA_LINUX9").issues()).isEqualTo(4);
  }

  @Test
  void anArchiveThatIsCutShortIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(zip(UBUNTU, USN, ALMA));
    for (int length : new int[] {whole.length - 1, whole.length / 2, whole.length - 100, 4}) {
      Path cut = Files.write(directory.resolve("cut.zip"), Arrays.copyOf(whole, length));
      assertThatExceptionOfType(MalformedFeedException.class)
          .as("%d of %d", length, whole.length)
          .isThrownBy(() -> read(cut, "UBUNTU_2204"));
    }
    byte[] packed = Zstd.compress(("[" + UBUNTU + "]").getBytes(UTF_8));
    Path cut = Files.write(directory.resolve("cut.zst"), Arrays.copyOf(packed, packed.length - 5));
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() -> read(cut, "UBUNTU_2204"));
  }

  @Test
  void whatHasAnotherFormIsRefused() throws Exception {
    for (String wrong :
        List.of(
            "{}",
            "{\"id\": \"A-1\"}",
            UBUNTU.replace("[{\"introduced\": \"0\"}]", "\"0\""),
            UBUNTU.replace("\"UBUNTU-CVE-2026-3001\"", "17"),
            "[".repeat(200))) {
      Path file = Files.writeString(directory.resolve("wrong.json"), wrong);
      assertThatExceptionOfType(MalformedFeedException.class)
          .as(wrong)
          .isThrownBy(() -> read(file, "UBUNTU_2204"));
    }
    assertThatExceptionOfType(MalformedFeedException.class).isThrownBy(() -> read(zip(), "X"));
  }

  private static String many(String each, int count) {
    return IntStream.range(0, count).mapToObj(each::formatted).collect(Collectors.joining(","));
  }

  @ParameterizedTest
  @CsvSource({"2000, 1500", "50001, 0", "0, 20001"})
  void aRecordThatNamesTooMuchIsRefused(int packages, int cves) throws Exception {
    String affected = "{\"package\": {\"ecosystem\": \"AlmaLinux:9\", \"name\": \"p%d\"}}";
    Path file =
        Files.writeString(
            directory.resolve("many.json"),
            "{\"id\": \"ALSA-2026:1\", \"modified\": \"2026\", \"related\": [%s], \"affected\": [%s]}"
                .formatted(many("\"CVE-2026-1%06d\"", cves), many(affected, packages)));
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() -> read(file, "ALMA_LINUX9"))
        .withMessageContaining("too many packages or CVEs");
  }

  @Test
  void textsAreLimitedTogether() {
    FeedFacts facts = new FeedFacts(Set.of("DEBIAN_12"), 1000);
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() -> {
          for (int i = 0; i < 20; i++) {
            facts.add("DEBIAN_12", "p" + i, new Issue("CVE-2026-1", State.AFFECTED, "", "", ""));
          }
        })
        .withMessageContaining("texts");
  }
}
