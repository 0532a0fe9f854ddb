package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelFile;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.TestPace;
import dev.regild.fetch.Transport;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every shape in which people publish packages for apt is taken, behind a real HTTP server. */
class AptShapesTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T00:00:00Z"), ZoneOffset.UTC);

  @TempDir Path temporary;
  private TestRepository repository;
  private TestKey key;
  private ChannelStore channels;

  @BeforeEach
  void serve() throws Exception {
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectory(temporary.resolve("repository")));
    channels = new ChannelStore(temporary.resolve("data"), CLOCK, quick());
  }

  @AfterEach
  void stop() {
    repository.close();
  }

  @ParameterizedTest
  @EnumSource
  void aShapeIsTakenAndItsPackageCanBeFetched(AptShape shape) throws Exception {
    key = shape.key();
    add(shape);
    RefreshResult result = channels.refresh("test");
    Snapshot snapshot = channels.current("test").orElseThrow();
    InstalledPackage old = new InstalledPackage("bash", "amd64", "5.1-1", false);
    assertThat(snapshot.upgradeOf(old)).contains("5.2-1");
    assertThat(result.notices())
        .hasSize(
            switch (shape) {
              case AN_ARCHITECTURE_IS_LACKING,
                  A_COMPONENT_IS_LACKING,
                  OTHER_SUITE,
                  KEY_BOUND_BY_SHA1 ->
                  1;
              default -> 0;
            });

    String pool = Files.exists(repository.root.resolve("pool")) ? "pool/main/b/bash" : "amd64";
    String directory = shape == AptShape.FLAT_IN_A_DIRECTORY ? "binary" : pool;
    String dot = shape == AptShape.FLAT ? "./" : "";
    String asked = repository.uri() + "/" + dot + directory + "/bash_5.2-1_amd64.deb";
    PackageFile file = snapshot.packageFiles(Set.of(asked)).get(asked);
    PackageCache cache = new PackageCache(temporary.resolve("cache"), quick());
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file))
        .hasSameBinaryContentAs(repository.root.resolve(directory + "/bash_5.2-1_amd64.deb"));

    repository.takeAnswers();
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(repository.takeAnswers()).allMatch(answer -> answer.matches("[34]04 .*Release.*"));
  }

  @Test
  void anIndexThatIsOnlyNamedCompressedIsVerifiedToo() throws Exception {
    add(AptShape.ONLY_GZIP);
    Path index = repository.root.resolve("dists/stable/main/binary-amd64/Packages.gz");
    byte[] damaged = Files.readAllBytes(index);
    damaged[damaged.length / 2] ^= 1;
    Files.write(index, damaged);
    assertRefused("is not the file that the signed index names");
    assertThat(channels.current("test")).isEmpty();
  }

  @Test
  void aRepositoryWithoutAnyOfTheArchitecturesIsRefused() throws Exception {
    AptShape.ONLY_XZ.publish(repository.root, key);
    AptSource usual = AptShape.ONLY_XZ.source(repository.uri(), key);
    channels.add(
        channel(
            new AptSource(
                usual.uris(),
                usual.suites(),
                usual.components(),
                List.of("arm64"),
                usual.signedBy())));
    assertRefused("does not list main/binary-arm64/Packages; correct suites");
  }

  @Test
  void aSuiteThatBecomesAnotherIsRefused() throws Exception {
    add(AptShape.ONLY_XZ);
    channels.refresh("test");
    AptShape.OTHER_SUITE.publish(repository.root, key);
    assertRefused("was 'stable' (stable) and is now 'unstable' (sid)");
  }

  @Test
  void anExpiredArchiveIsRefusedWithTheKeyThatTakesIt() throws Exception {
    AptShape.EXPIRED_ARCHIVE.publish(repository.root, key);
    channels.add(channel(AptShape.ONLY_XZ.source(repository.uri(), key)));
    assertRefused("set check-valid-until: false");
  }

  /** gpgv, which apt asks before Debian 13, takes it; sqv does until its policy's date. */
  @Test
  void aKeyThatSha1BindsTogetherIsRefusedWhereTheGuestsAptWould() throws Exception {
    key = TestKey.boundBySha1();
    AptShape.ONLY_XZ.publish(repository.root, key);
    AptSource source = AptShape.ONLY_XZ.source(repository.uri(), key);
    AptSource allowed =
        new AptSource(
            source.uris(),
            source.suites(),
            source.components(),
            source.architectures(),
            source.signedBy(),
            true,
            true,
            Route.DEFAULT);
    Clock later = Clock.offset(CLOCK, Duration.ofDays(60));
    channels = new ChannelStore(temporary.resolve("data"), later, quick());
    channels.add(new Channel("test", "DEBIAN_13", List.of(source)));
    assertRefused(
        "its self-signatures use SHA-1, which this platform's apt has refused since 2026-02-01; ask"
            + " its vendor for a renewed key, or set allow-sha1-keys: true");
    for (AptSource each : List.of(source, allowed)) {
      channels.remove("test");
      String platform = each.equals(allowed) ? "DEBIAN_13" : "DEBIAN_12";
      channels.add(new Channel("test", platform, List.of(each)));
      assertThat(channels.refresh("test").notices())
          .singleElement()
          .asString()
          .contains("whose self-signatures use SHA-1");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Tue,  5 Aug 2025 10:00:00 UTC|2025-08-05T10:00:00Z",
        "Tue, 5 Aug 2025 10:00:00 GMT|2025-08-05T10:00:00Z",
        "Tue, 05 Aug 2025 10:00:00 Z|2025-08-05T10:00:00Z",
        "Tue, 05 Aug 2025 10:00:00 +0000|2025-08-05T10:00:00Z",
        "Tue, 05 Aug 2025 12:30:00 +0230|2025-08-05T10:00:00Z",
        "05 Aug 2025 2:00:00 -0800|2025-08-05T10:00:00Z",
        "Tue Aug  5 10:00:00 2025|2025-08-05T10:00:00Z"
      })
  void aDateIsReadInEveryFormThatAptTakes(String text, Instant expected) {
    assertThat(ReleaseDate.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "2025-08-05", "Tue, 35 Aug 2025 10:00:00 UTC", "05 Aug 2025 10:00:00 PST"})
  void whatIsNoDateIsRefused(String text) {
    assertThatThrownBy(() -> ReleaseDate.parse(text))
        .isInstanceOf(java.time.DateTimeException.class);
  }

  @Test
  void aFlatRepositoryHasNoComponents() {
    assertThatThrownBy(() ->
            new AptSource(
                List.of("http://a.example"),
                List.of("./"),
                List.of("main"),
                List.of("amd64"),
                "/k"))
        .hasMessageStartingWith("components: a flat repository (suite './') has none");
    assertThatThrownBy(() ->
            new AptSource(
                List.of("http://a.example"), List.of("../"), List.of(), List.of("amd64"), "/k"))
        .hasMessageStartingWith("suites: '../' can't be used");
  }

  @Test
  void theSettingsOfASourceAreWrittenAsTheyAreRead() throws Exception {
    AptSource source =
        new AptSource(
            List.of("https://a.example/deb"),
            List.of("./"),
            List.of(),
            List.of("amd64"),
            "/key.gpg",
            false,
            true,
            new Route("http://proxy.example:3128", "/authority.pem"));
    Files.writeString(
        temporary.resolve("data/channels/test.yaml"), ChannelFile.write(channel(source)));
    assertThat(channels.find("test").orElseThrow().sources()).containsExactly(source);
  }

  private void add(AptShape shape) throws Exception {
    shape.publish(repository.root, key);
    channels.add(channel(shape.source(repository.uri(), key)));
  }

  private static Channel channel(AptSource source) {
    return new Channel("test", "DEBIAN_12", List.of(source));
  }

  private Transport quick() {
    return new Transport(
        temporary.resolve("data"), Duration.ofMillis(1), TestPace.silence(Duration.ofMinutes(1)));
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> channels.refresh("test"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining(why);
  }
}
