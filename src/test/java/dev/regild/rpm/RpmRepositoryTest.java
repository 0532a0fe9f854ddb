package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.files.Sha256;
import dev.regild.fixtures.RpmPackages;
import dev.regild.machine.Program;
import dev.regild.plan.Advisory;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Reading what createrepo_c writes about packages that rpmbuild made, and what an attacker may. */
class RpmRepositoryTest {
  private static final String HASH = "a".repeat(64);
  @TempDir Path directory;

  @Test
  void aRepositoryOfRealPackagesIsReadAsItsToolsWroteIt() throws Exception {
    RpmPackages.assumeTools();
    RpmPackages.build(directory, "alpha", "2", "1.0~rc1", "1");
    RpmPackages.build(directory, "kernel", "0", "4.18.0", "1");
    Path repository = directory.resolve("RPMS");
    RpmPackages.index(repository, 1_700_000_000);
    RpmPackages.addUpdateinfo(repository, "alpha", "2", "1.0", "1");
    Path repodata = repository.resolve("repodata");

    RepomdFile repomd =
        RepomdFile.parse("repomd.xml", Files.readAllBytes(repodata.resolve("repomd.xml")));
    assertThat(repomd.indexes()).containsOnlyKeys("primary", "filelists", "updateinfo");
    assertThat(repomd.madeAt()).isGreaterThanOrEqualTo(1_700_000_000);
    List<RpmPackage> packages = new ArrayList<>();
    try (InputStream in = open(repository, repomd, "primary")) {
      RpmPackage.readAll(in, packages::add);
    }
    assertThat(packages)
        .extracting(RpmPackage::name, RpmPackage::version, RpmPackage::architecture)
        .containsExactlyInAnyOrder(
            tuple("alpha", "2:1.0~rc1-1", "noarch"), tuple("kernel", "4.18.0-1", "noarch"));
    for (RpmPackage each : packages) {
      Path file = repository.resolve(each.location());
      assertThat(file).hasSize(each.size());
      assertThat(Sha256.of(file)).isEqualTo(each.hash());
      String format = "%{EPOCH}\t%{VERSION}\t%{RELEASE}";
      String[] asked =
          Program.of("rpm", "-qp", "--qf", format, file.toString()).run().strip().split("\t", -1);
      assertThat(RpmVersion.of(asked[0], asked[1], asked[2])).isEqualTo(each.version());
    }
    List<UpdateinfoEntry> advisories = new ArrayList<>();
    try (InputStream in = open(repository, repomd, "updateinfo")) {
      UpdateinfoEntry.readAll(in, advisories::add);
    }
    assertThat(advisories)
        .containsExactly(
            new UpdateinfoEntry(
                new Advisory("RLSA-2026:0001", "security", "Important", List.of("CVE-2026-0001")),
                List.of(new UpdateinfoEntry.Fixed("alpha", "2:1.0-1", "noarch"))));
  }

  @Test
  void entitiesAreRefusedWhateverTheyStandFor() {
    for (String entity : List.of("&a;", "&b;", "&amp;")) {
      assertRefused(
          "<!DOCTYPE m [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>"
              + primary("alpha", "a.rpm", entity),
          "it has a document type");
    }
  }

  @Test
  void depthAndLengthAreLimited() {
    assertRefused("<a>".repeat(40) + "</a>".repeat(40), "nested more than 32");
    assertRefused(primary("x".repeat(70_000), "a.rpm", ""), "longer than 64 KiB");
  }

  @Test
  void anOddPackageCostsItselfAlone() throws Exception {
    for (String location : List.of("//evil.example/a.rpm", "/a.rpm", "a.rpm?x=1", "", "a.exe")) {
      assertOdd(primary("alpha", location, ""), "has no good location");
    }
    assertOdd(primary("../alpha", "a.rpm", ""), "has no good name");
    assertOdd(primary("alpha", "../".repeat(31) + "a.rpm", ""), "lies where it can't be fetched");
    assertOdd(
        primary("alpha", "a.rpm", "").replace("sha256", "sha"),
        "has no SHA-256, SHA-384 or SHA-512");
    assertOdd(
        based("file:///etc", "a.rpm"), "lies where it can't be fetched from (file:///etc, a.rpm)");
  }

  private static void assertOdd(String document, String why) throws IOException {
    List<RpmPackage> good = new ArrayList<>();
    List<RpmPackage.Odd> odd = new ArrayList<>();
    RpmPackage.readAll(
        bytes(document),
        new RpmPackage.Visitor() {
          @Override
          public void visit(RpmPackage each) {
            good.add(each);
          }

          @Override
          public void odd(RpmPackage.Odd each) {
            odd.add(each);
          }
        });
    assertThat(good).isEmpty();
    assertThat(odd).singleElement().asString().contains(why);
  }

  /** As they stand in indexes, and where curl looks for them. */
  @ParameterizedTest
  @CsvSource({
    "'', Packages/a.rpm, https://m.example/x/Packages/a.rpm",
    "'', a-1.0^git1-1.rpm, https://m.example/x/a-1.0%5Egit1-1.rpm",
    "'', a-1.0~rc1+b-1.rpm, https://m.example/x/a-1.0~rc1+b-1.rpm",
    "'', a%2Bb.rpm, https://m.example/x/a%2Bb.rpm",
    "'', a%b.rpm, https://m.example/x/a%25b.rpm",
    "'', a-1:2.rpm, https://m.example/x/a-1:2.rpm",
    "'', ../../../../../blobstore/a.rpm, https://m.example/blobstore/a.rpm",
    "pool, a.rpm, https://m.example/x/pool/a.rpm",
    "../pool/, a.rpm, https://m.example/pool/a.rpm",
    "http://other.example/v1/, a.rpm, http://other.example/v1/a.rpm",
    "https://other.example, a.rpm, https://other.example/a.rpm"
  })
  void aLocationIsResolvedAsCurlDoes(String base, String location, URI expected) throws Exception {
    List<RpmPackage> read = new ArrayList<>();
    RpmPackage.readAll(bytes(based(base, location)), read::add);
    assertThat(read.getFirst().place("https://m.example/x")).isEqualTo(expected);
  }

  /** Of Red Hat's index each package has two in its packager; Java counts to 100,000. */
  @Test
  void aDocumentMayHaveAnyNumberOfReferencesToCharacters() throws Exception {
    String many = "&lt;&amp;&#62;".repeat(100_000);
    String each = primary("alpha", "a.rpm", "").replace("</package>", "<x y='&quot;'/></package>");
    String document = each.replace("</name>", "</name><packager>" + many + "</packager>");
    List<RpmPackage> read = new ArrayList<>();
    RpmPackage.readAll(bytes(document), read::add);
    assertThat(read).hasSize(1);
  }

  /** Amazon's lie beside their repository, and its mirrors are named by a list. */
  @Test
  void aPackageBesideItsRepositoryIsFoundAsTheGuestNamesIt() throws Exception {
    Files.writeString(
        directory.resolve("primary"), primary("alpha", "../../blobstore/alpha.rpm", ""));
    String root = "https://list.example/mirror.list";
    SnapshotManifest manifest =
        new SnapshotManifest(
            HASH,
            Instant.EPOCH,
            "x86_64",
            List.of(
                new SnapshotManifest.ListFile(
                    "primary", SnapshotManifest.Kind.PACKAGES, HASH, root, 0)),
            Map.of(root, List.of("https://a.example/2/core/x", "https://b.example/2/core/x")),
            Map.of(),
            List.of(),
            "rpm");
    Files.writeString(
        directory.resolve(SnapshotManifest.FILE), JsonMapper.shared().writeValueAsString(manifest));
    String asked = root + "/../../blobstore/alpha.rpm";
    assertThat(RpmSnapshot.load(directory, manifest).packageFiles(Set.of(asked)))
        .containsExactly(
            Map.entry(
                asked,
                new PackageFile(
                    URI.create("https://a.example/2/blobstore/alpha.rpm"),
                    "alpha.rpm",
                    1,
                    HASH,
                    List.of(URI.create("https://b.example/2/blobstore/alpha.rpm")),
                    Route.DEFAULT)));
  }

  @Test
  void anIndexOutsideOfItsRepositoryOrWithAWeakHashIsRefused() {
    assertThatThrownBy(() -> RepomdFile.parse("it", repomd("../x.gz", "sha256", HASH)))
        .hasMessageContaining("lies outside");
    assertThatThrownBy(() -> RepomdFile.parse("it", repomd("repodata/x.gz", "sha", HASH)))
        .hasMessageContaining("no SHA-256, SHA-384 or SHA-512");
    assertThatThrownBy(() -> RepomdFile.parse("it", "<html/>".getBytes(UTF_8)))
        .hasMessageContaining("names no primary");
  }

  private static InputStream open(Path repository, RepomdFile repomd, String type)
      throws IOException {
    RepomdFile.Index index = repomd.indexes().get(type);
    Path file = repository.resolve(index.location());
    assertThat(file).hasSize(index.packed().size().orElseThrow());
    assertThat(Sha256.of(file)).isEqualTo(index.packed().hash());
    byte[] content;
    try (InputStream in =
        index.compression().decompress(new BufferedInputStream(Files.newInputStream(file)))) {
      content = in.readAllBytes();
    }
    assertThat(Sha256.of(content)).isEqualTo(index.content().orElseThrow().hash());
    return new ByteArrayInputStream(content);
  }

  private static String primary(String name, String location, String more) {
    return """
    <metadata><package type="rpm"><name>%s%s</name><arch>noarch</arch>
    <version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">%s</checksum>
    <size package="1"/><location href="%s"/></package></metadata>
    """
        .formatted(name, more, HASH, location);
  }

  private static String based(String base, String location) {
    return primary("alpha", location, "")
        .replace("<location", "<location xml:base=\"" + base + "\"");
  }

  private static byte[] repomd(String location, String hashType, String hash) {
    return """
    <repomd><data type="primary"><checksum type="%s">%s</checksum><location href="%s"/>
    <size>1</size></data></repomd>
    """
        .formatted(hashType, hash, location)
        .getBytes(UTF_8);
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private static void assertRefused(String document, String why) {
    assertThatThrownBy(() -> RpmPackage.readAll(bytes(document), each -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }
}
