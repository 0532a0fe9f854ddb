package dev.regild.rpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.TestPace;
import dev.regild.fetch.Transport;
import dev.regild.files.Sha256;
import dev.regild.fixtures.RpmPackages;
import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import dev.regild.rpm.RpmSource.Locator;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two mirrors of a repository, named by a list or by a metalink. */
class RpmMirrorsTest {
  @TempDir Path directory;
  private TestRepository first;
  private TestRepository second;
  private ChannelStore channels;
  private PackageCache cache;

  @BeforeEach
  void serveTwoMirrors() throws Exception {
    RpmPackages.assumeTools();
    RpmPackages.build(directory, "alpha", "0", "1.0", "1");
    RpmPackages.index(directory.resolve("RPMS"), 1_700_000_000);
    first = new TestRepository(mirror("first"));
    second = new TestRepository(mirror("second"));
    Transport transport =
        new Transport(
            directory.resolve("data"),
            Duration.ofMillis(1),
            TestPace.silence(Duration.ofMinutes(1)));
    channels = new ChannelStore(directory.resolve("data"), Clock.systemUTC(), transport);
    cache = new PackageCache(directory.resolve("cache"), transport);
  }

  @AfterEach
  void stop() {
    if (second != null) {
      first.close();
      second.close();
    }
  }

  @Test
  void aMirrorThatFailsIsPassedOverAndTheSnapshotIsTheSameWhicheverServes() throws Exception {
    TestKey key = TestKey.simple();
    sign(key, first, second);
    add(Locator.MIRRORLIST, list("# ours\n\nrsync://x.example/y\n" + uris()), key.armored());
    channels.refresh("rocky");
    assertThat(second.takeAnswers()).isEmpty();
    first.close();
    assertThat(channels.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(second.takeAnswers()).contains("200 /repodata/repomd.xml");
  }

  @Test
  void aMirrorThatLagsBehindIsPassedOverAndOursStaysIfAllDo() throws Exception {
    TestKey key = TestKey.simple();
    RpmPackages.index(second.root, 1_700_000_009);
    sign(key, first, second);
    String list = list(second.uri() + "\n" + first.uri() + "/\n");
    add(Locator.MIRRORLIST, list, key.armored());
    channels.refresh("rocky");
    String newest = channels.current("rocky").orElseThrow().digest();
    Files.writeString(directory.resolve("list"), uris());
    assertThat(channels.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(second.takeAnswers()).contains("304 /repodata/repomd.xml");
    Files.writeString(directory.resolve("list"), first.uri() + "\n");
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().digest()).isEqualTo(newest);
  }

  @Test
  void whatTheMetalinkHasWithdrawnIsNotKept() throws Exception {
    RpmPackages.index(second.root, 1_700_000_009);
    add(Locator.METALINK, metalink("sha256", hash(second)), "");
    String newest = channels.refresh("rocky").digest();
    metalink("sha256", hash(first));
    RefreshResult restored = channels.refresh("rocky");
    assertThat(restored).isInstanceOf(RefreshResult.NewSnapshot.class);
    assertThat(restored.digest()).isNotEqualTo(newest);
    assertThat(restored.notices()).isEmpty();
  }

  @Test
  void anOldMetalinkThatIsPlayedBackOverPlainHttpWithdrawsNothing() throws Exception {
    TestKey key = TestKey.simple();
    RpmPackages.index(second.root, 1_700_000_009);
    sign(key, first, second);
    Path served = first.root.resolve("metalink");
    Files.writeString(served, metalinkText("sha256", hash(second)));
    add(Locator.METALINK, first.uri() + "/metalink", key.armored());
    channels.refresh("rocky");
    Files.writeString(served, metalinkText("sha256", hash(first)));
    RefreshResult result = channels.refresh("rocky");
    assertThat(result).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(result.notices().getFirst()).startsWith(first.uri() + " is older than");
  }

  @Test
  void aPackageComesFromTheMirrorOfTheSnapshotAndElseFromAnother() throws Exception {
    add(Locator.METALINK, metalink("sha256", hash(first)), "");
    channels.refresh("rocky");
    String guests = identity() + "/noarch/alpha-1.0-1.noarch.rpm";
    Map<String, PackageFile> files =
        channels.current("rocky").orElseThrow().packageFiles(Set.of(guests));
    PackageFile file = files.get(guests);
    assertThat(file.uri().toString()).startsWith(second.uri()).as("its preference is higher");
    Files.delete(second.root.resolve("noarch/alpha-1.0-1.noarch.rpm"));
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file)).hasSize(file.size());
    assertThat(first.takeAnswers()).containsExactly("200 /noarch/alpha-1.0-1.noarch.rpm");
  }

  @Test
  void mirrorsThatAnotherProcessesRefreshFoundServeASnapshotThatIsInMemory() throws Exception {
    TestKey key = TestKey.simple();
    sign(key, first, second);
    add(Locator.MIRRORLIST, list(first.uri() + "\n"), key.armored());
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    Files.writeString(directory.resolve("list"), second.uri() + "\n");
    ChannelStore another = new ChannelStore(directory.resolve("data"), Clock.systemUTC());
    assertThat(another.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    String guests = identity() + "/noarch/alpha-1.0-1.noarch.rpm";
    PackageFile file = snapshot.packageFiles(Set.of(guests)).get(guests);
    assertThat(file.uris())
        .containsExactly(URI.create(second.uri() + "/noarch/alpha-1.0-1.noarch.rpm"));
  }

  @Test
  void anIndexThatOneMirrorHasDamagedComesFromAnother() throws Exception {
    try (var files = Files.list(second.root.resolve("repodata"))) {
      for (Path file : files.filter(f -> !f.endsWith("repomd.xml")).toList()) {
        Files.write(file, new byte[(int) Files.size(file)]);
      }
    }
    add(Locator.METALINK, metalink("sha512", Sha256.sha512(repomd(first))), "");
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().upgradeOf(installed())).contains("1.0-1");
  }

  @Test
  void whatTheMetalinkDoesNotNameIsPassedOverAndItsAlternatesAreGood() throws Exception {
    Files.writeString(second.root.resolve("repodata/repomd.xml"), "<repomd/>");
    String metalink = metalink("sha256", "0".repeat(64));
    add(Locator.METALINK, metalink, "");
    assertRefused("none of the 2 mirrors", "is not one that the metalink lists");
    Path file = directory.resolve("list");
    Files.writeString(
        file,
        Files.readString(file)
            .replace(
                "<resources>",
                "<mm0:alternates><mm0:alternate><verification><hash type=\"sha256\">"
                    + hash(first)
                    + "</hash></verification></mm0:alternate></mm0:alternates><resources>"));
    channels.refresh("rocky");
    assertThat(first.takeAnswers()).contains("200 /repodata/repomd.xml");
  }

  @Test
  void aMetalinkWithAWeakHashOrAnEntityIsRefused() throws Exception {
    add(Locator.METALINK, metalink("sha1", "0".repeat(40)), "");
    assertRefused("has no SHA-256 or SHA-512");
    Path file = directory.resolve("list");
    Files.writeString(file, "<!DOCTYPE m [<!ENTITY a \"b\">]>" + Files.readString(file));
    assertRefused("it has a document type");
    Files.write(file, new byte[(1 << 20) + 1]);
    assertRefused("is larger than");
  }

  @Test
  void withoutAKeyAMirrorOfAListMustBeHttps() throws Exception {
    add(Locator.MIRRORLIST, list(uris()), "");
    assertRefused("is plain http", "gpgkey");
    Files.writeString(directory.resolve("list"), "<metalink/>");
    assertRefused("use the key metalink");
    Files.writeString(directory.resolve("list"), "# none\nrsync://x.example/y\n");
    assertRefused("names no mirror");
    for (Locator locator : List.of(Locator.MIRRORLIST, Locator.METALINK)) {
      assertThatThrownBy(() -> new RpmSource(locator, "http://m.example/?a=b", "x86_64", ""))
          .hasMessageStartingWith("gpgkey: is missing");
    }
  }

  @Test
  void variablesAreThoseOfThePlatformAndOthersAreRefused() throws Exception {
    Path root = Files.createDirectories(directory.resolve("8"));
    Program.of("cp", "-a", first.root.toString(), root.resolve("x86_64").toString()).run();
    String uri = directory.toUri() + "/$releasever/${basearch}";
    channels.add(new Channel("rocky", "ROCKY_LINUX8", List.of(new RpmSource(uri, "x86_64", ""))));
    channels.refresh("rocky");
    assertThat(channels.find("rocky").orElseThrow().sources())
        .containsExactly(new RpmSource(uri, "x86_64", ""));
    assertThatThrownBy(() -> new RpmSource("https://a.example/$contentdir/os", "x86_64", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("baseurl: has the variable '$contentdir'");
    RpmSource query =
        new RpmSource(
            Locator.MIRRORLIST, "https://m.example/list?arch=$basearch&repo=8", "x86_64", "");
    assertThat(query.in("ROCKY_LINUX8").identity())
        .isEqualTo("https://m.example/list/arch=x86_64&repo=8");
  }

  private Path mirror(String name) throws Exception {
    Path copy = directory.resolve(name);
    Program.of("cp", "-a", directory.resolve("RPMS").toString(), copy.toString()).run();
    return copy;
  }

  private static void sign(TestKey key, TestRepository... mirrors) throws Exception {
    for (TestRepository mirror : mirrors) {
      Files.write(mirror.root.resolve("repodata/repomd.xml.asc"), key.detached(repomd(mirror)));
    }
  }

  private String uris() {
    return first.uri() + "\n" + second.uri() + "/\n";
  }

  private String list(String text) throws Exception {
    return Files.writeString(directory.resolve("list"), text).toUri().toString();
  }

  private String identity() {
    return directory.resolve("list").toUri().toString();
  }

  /** As MirrorManager writes it; the second mirror is preferred. */
  private String metalink(String hashType, String hash) throws Exception {
    return list(metalinkText(hashType, hash));
  }

  private String metalinkText(String hashType, String hash) {
    return """
    <metalink version="3.0" xmlns="http://www.metalinker.org/"
      xmlns:mm0="http://fedorahosted.org/mirrormanager">
    <files><file name="repomd.xml"><mm0:timestamp>1</mm0:timestamp><size>1</size>
    <verification><hash type="md5">%s</hash><hash type="%s">%s</hash></verification>
    <resources>
    <url protocol="rsync" type="rsync" preference="100">rsync://x/repodata/repomd.xml</url>
    <url protocol="http" type="http" preference="98">%s/repodata/repomd.xml</url>
    <url protocol="http" type="http" preference="99">%s/repodata/repomd.xml</url>
    </resources></file></files></metalink>
    """
        .formatted("0".repeat(32), hashType, hash, first.uri(), second.uri());
  }

  private static byte[] repomd(TestRepository mirror) throws Exception {
    return Files.readAllBytes(mirror.root.resolve("repodata/repomd.xml"));
  }

  private static String hash(TestRepository mirror) throws Exception {
    return Sha256.of(repomd(mirror));
  }

  private void add(Locator locator, String uri, String gpgKey) throws Exception {
    channels.add(
        new Channel(
            "rocky", "ROCKY_LINUX8", List.of(new RpmSource(locator, uri, "x86_64", gpgKey))));
  }

  private static InstalledPackage installed() {
    return new InstalledPackage("alpha", "noarch", "0.9-1", false);
  }

  private void assertRefused(String... why) {
    assertThatThrownBy(() -> channels.refresh("rocky"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContainingAll(why);
  }
}
