package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.regild.apt.AptSource;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.TestPace;
import dev.regild.fetch.Transport;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ChannelStoreTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T00:00:00Z"), ZoneOffset.UTC);
  private static final String INDEX = "/dists/stable/main/binary-amd64/Packages.xz";

  @TempDir Path temporary;
  private TestRepository repository;
  private TestKey key;
  private ChannelStore channels;

  @BeforeEach
  void serveARepository() throws Exception {
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectory(temporary.resolve("repository")));
    channels = new ChannelStore(temporary.resolve("data"), CLOCK, quick());
    publish(Map.of(), new Deb("bash", "5.2-1"));
    channels.add(channel(repository.uri(), key.armored()));
  }

  @AfterEach
  void stop() {
    repository.close();
  }

  @Test
  void aRefreshMakesASnapshotThatKnowsTheUpgrades() throws Exception {
    RefreshResult result = channels.refresh("test");
    assertThat(result).isInstanceOf(RefreshResult.NewSnapshot.class);
    assertThat(((RefreshResult.NewSnapshot) result).packages()).isEqualTo(1);
    Snapshot snapshot = channels.current("test").orElseThrow();
    assertThat(snapshot.upgradeOf(installed("bash", "5.1-1"))).contains("5.2-1");
    assertThat(snapshot.upgradeOf(installed("bash", "5.2-1"))).isEmpty();
    assertThat(snapshot.upgradeOf(installed("zsh", "1"))).isEmpty();
    assertThat(channels.current("test").orElseThrow()).isSameAs(snapshot);
    assertThat(Files.readString(snapshot.directory().resolve("sources.list")))
        .isEqualTo("deb [arch=amd64] " + repository.uri() + " stable main\n");
  }

  @Test
  void whatASuiteOfSecurityUpdatesBringsIsMarked() throws Exception {
    publish(
        Map.of("Suite", "stable-security", "Codename", "stable"),
        new Deb("bash", "5.2-1"),
        new Deb("bash", "5.3-1"));
    channels.refresh("test");
    Snapshot snapshot = channels.current("test").orElseThrow();
    assertThat(snapshot.reasonsFor(installed("bash", "5.1-1"), "5.2-1").security()).isTrue();
    assertThat(snapshot.reasonsFor(installed("bash", "5.2-1"), "5.2-2").security()).isFalse();
    publish(Map.of("Date", "Thu, 01 Jan 2026 02:00:00 UTC"), new Deb("bash", "5.3-1"));
    channels.refresh("test");
    Snapshot plain = channels.current("test").orElseThrow();
    assertThat(plain.reasonsFor(installed("bash", "5.1-1"), "5.3-1").security()).isFalse();
  }

  @Test
  void anUnchangedRepositoryCostsOneNotModified() throws Exception {
    channels.refresh("test");
    repository.takeAnswers();
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(repository.takeAnswers()).containsExactly("304 /dists/stable/InRelease");
  }

  @Test
  void aNewReleaseMakesANewSnapshotAndThePrunedOldOneIsGone() throws Exception {
    String first = channels.refresh("test").digest();
    publish(Map.of("Date", "Thu, 01 Jan 2026 02:00:00 UTC"), new Deb("bash", "5.3-1"));
    String second = channels.refresh("test").digest();
    assertThat(second).isNotEqualTo(first);
    age(first);
    assertThat(channels.prune(Set.of(first))).isEmpty();
    assertThat(channels.prune(Set.of())).containsExactly(first);
    assertThat(channels.current("test").orElseThrow().digest()).isEqualTo(second);
  }

  @Test
  void aSnapshotThatWasCurrentAMomentAgoIsNotPruned() throws Exception {
    String first = channels.refresh("test").digest();
    age(first);
    publish(Map.of("Date", "Thu, 01 Jan 2026 02:00:00 UTC"), new Deb("bash", "5.3-1"));
    String second = channels.refresh("test").digest();
    // An update that was accepted in between is not yet among those that use it.
    assertThat(channels.prune(Set.of())).isEmpty();
    assertThat(channels.snapshot(first)).isPresent();
    age(second);
    channels.remove("test");
    assertThat(channels.prune(Set.of())).isEmpty();
    age(first);
    age(second);
    assertThat(channels.prune(Set.of())).containsExactlyInAnyOrder(first, second);
  }

  /** As if nothing had touched it for an hour. */
  private void age(String digest) throws IOException {
    Files.setLastModifiedTime(
        temporary.resolve("data/snapshots").resolve(digest),
        FileTime.from(Instant.now().minus(Duration.ofHours(1))));
  }

  @Test
  void anOlderReleaseThanOursIsNotTaken() throws Exception {
    channels.refresh("test");
    publish(Map.of("Date", "Wed, 31 Dec 2025 00:00:00 UTC"), new Deb("bash", "5.0-1"));
    RefreshResult result = channels.refresh("test");
    assertThat(result).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(result.notices().getFirst())
        .startsWith(
            repository.uri() + "/dists/stable/InRelease is older than the version already seen");
  }

  @Test
  void anUpdateThatIsNotYetHandedOutToAllMachinesDoesNotCount() throws Exception {
    String packages =
        """
        Package: bash
        Version: 5.4-1
        Architecture: amd64
        Phased-Update-Percentage: 40

        Package: bash
        Version: 5.3-1
        Architecture: amd64
        Phased-Update-Percentage: 100

        """;
    repository.publish(key, Map.of(), packages.getBytes(UTF_8));
    channels.refresh("test");
    assertThat(channels.current("test").orElseThrow().upgradeOf(installed("bash", "5.1-1")))
        .contains("5.3-1");
  }

  @Test
  void credentialsGoToTheirRepositoryOnlyAndNowhereIntoTheSnapshot() throws Exception {
    List<String> seen = new ArrayList<>();
    repository.overrides.put(
        "/dists/stable/InRelease",
        exchange -> {
          seen.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          return false;
        });
    secrets("machine http://other.example login a password");
    assertRefused(() -> channels.refresh("test"), "is malformed");
    secrets("machine http://other.example login a password b");
    channels.refresh("test");
    secrets(
        "# Ubuntu Pro's own form\nmachine "
            + repository.uri()
            + "/dists login bearer password s3cret");
    channels.refresh("test");
    assertThat(seen)
        .containsExactly(
            "null", "Basic " + Base64.getEncoder().encodeToString("bearer:s3cret".getBytes(UTF_8)));
    try (Stream<Path> files = Files.walk(temporary.resolve("data"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file).contains("s3cret"))
            .as(file.toString())
            .isEqualTo(file.endsWith("auth.conf"));
      }
    }
  }

  @Test
  void credentialsThatOthersMayReadAreRefused() throws Exception {
    secrets("machine " + repository.uri() + " login a password b");
    Files.setPosixFilePermissions(
        temporary.resolve("data/auth.conf"), PosixFilePermissions.fromString("rw-r--r--"));
    assertRefused(() -> channels.refresh("test"), "chmod 600");
  }

  private void secrets(String text) throws IOException {
    Path file = Files.writeString(temporary.resolve("data/auth.conf"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void aTamperedReleaseIsRefusedAndTheLastGoodSnapshotStays() throws Exception {
    String good = channels.refresh("test").digest();
    Path file = repository.root.resolve("dists/stable/InRelease");
    Files.writeString(file, Files.readString(file).replace("Origin: Test", "Origin: Evil"));
    assertRefused(() -> channels.refresh("test"), "was changed in transit");
    assertThat(channels.current("test").orElseThrow().digest()).isEqualTo(good);
    assertThat(channels.status().getFirst().error().orElseThrow()).contains("changed in transit");
  }

  @Test
  void textOutsideOfTheSignatureIsRefused() throws Exception {
    Path file = repository.root.resolve("dists/stable/InRelease");
    Files.writeString(file, Files.readString(file) + "Suite: other\n");
    assertRefused(() -> channels.refresh("test"), "something follows it");
  }

  @Test
  void aKeyThatIsNotInTheKeyringIsRefused() throws Exception {
    key = TestKey.simple();
    publish(Map.of(), new Deb("bash", "5.2-1"));
    assertRefused(() -> channels.refresh("test"), "is not in the key in signed-by");
  }

  @Test
  void anExpiredKeyIsRefused() throws Exception {
    useKey(TestKey.expiringAfterSeconds(7200));
    assertRefused(() -> channels.refresh("test"), "expired");
  }

  @Test
  void aRevokedKeyIsRefused() throws Exception {
    useKey(key.revoked());
    assertRefused(() -> channels.refresh("test"), "revoked");
  }

  @Test
  void aSigningSubkeyIsGoodAndABinaryKeyringToo() throws Exception {
    key = TestKey.withSigningSubkey();
    publish(Map.of(), new Deb("bash", "5.2-1"));
    Path keyring = temporary.resolve("keyring.gpg");
    Files.write(keyring, key.binary());
    channels.remove("test");
    channels.add(channel(repository.uri(), keyring.toString()));
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.NewSnapshot.class);
  }

  @Test
  void aSha1SignatureIsRefused() throws Exception {
    String release = repository.suite("stable", Map.of(), List.of(new Deb("bash", "5.2-1")));
    repository.inRelease("stable", key.clearSigned(release, HashAlgorithmTags.SHA1));
    assertRefused(() -> channels.refresh("test"), "SHA-1 or weaker");
  }

  @Test
  void anExpiredReleaseIsRefusedAlsoWhenItIsNotModified() throws Exception {
    publish(Map.of("Valid-Until", "Sat, 03 Jan 2026 00:00:00 UTC"), new Deb("bash", "5.2-1"));
    channels.refresh("test");
    Clock later = Clock.offset(CLOCK, Duration.ofDays(3));
    ChannelStore then = new ChannelStore(temporary.resolve("data"), later, quick());
    assertRefused(() -> then.refresh("test"), "expired at 2026-01-03");
    assertThat(then.current("test")).isPresent();
  }

  @Test
  void aReleaseThatBecomesAnotherSuiteIsRefused() throws Exception {
    channels.refresh("test");
    publish(Map.of("Suite", "testing", "Codename", "testing"), new Deb("bash", "5.2-1"));
    assertRefused(() -> channels.refresh("test"), "was 'stable' (stable) and is now 'testing'");
  }

  @Test
  void aDetachedSignatureIsTakenWhereThereIsNoInRelease() throws Exception {
    String release = repository.suite("stable", Map.of(), List.of(new Deb("bash", "5.2-1")));
    Path suite = repository.root.resolve("dists/stable");
    Files.delete(suite.resolve("InRelease"));
    Files.writeString(suite.resolve("Release"), release);
    Files.write(suite.resolve("Release.gpg"), key.detached(release.getBytes(UTF_8)));
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.NewSnapshot.class);
    Files.writeString(suite.resolve("Release"), release + "\n");
    assertRefused(() -> channels.refresh("test"), "was changed in transit");
  }

  @Test
  void aTruncatedOrForgedIndexIsRefusedAndLeavesNothing() throws Exception {
    Path index = repository.root.resolve(INDEX.substring(1));
    byte[] content = Files.readAllBytes(index);
    Files.write(index, Arrays.copyOf(content, content.length / 2));
    assertRefused(() -> channels.refresh("test"), "is not the file that the signed index names");
    content[content.length / 2] ^= 1;
    Files.write(index, content);
    assertRefused(() -> channels.refresh("test"), "is not the file that the signed index names");
    assertThat(temporary.resolve("data/snapshots")).isEmptyDirectory();
  }

  @Test
  void aMirrorCaughtInAnUpdateIsAskedOnceMore() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    repository.overrides.put(
        INDEX,
        exchange -> {
          if (calls.getAndIncrement() > 0) {
            return false;
          }
          repository.send(exchange, 200, "not yet".getBytes(UTF_8));
          return true;
        });
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.NewSnapshot.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void indexesAreFetchedByHashWhereTheRepositoryHasThem() throws Exception {
    publish(Map.of("Acquire-By-Hash", "yes"), new Deb("bash", "5.2-1"));
    channels.refresh("test");
    assertThat(repository.takeAnswers())
        .hasSize(2)
        .anyMatch(a -> a.startsWith("200 /dists/stable/main/binary-amd64/by-hash/SHA256/"));
  }

  @Test
  void aRedirectIsFollowed() throws Exception {
    channels.remove("test");
    channels.add(channel(repository.uri() + "/moved", key.armored()));
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.NewSnapshot.class);
  }

  @Test
  void aFileRepositoryIsRead() throws Exception {
    channels.remove("test");
    channels.add(channel("file://" + repository.root, key.armored()));
    channels.refresh("test");
    Snapshot snapshot = channels.current("test").orElseThrow();
    String asked = "file:" + repository.root + "/pool/main/bash/bash_5.2-1_amd64.deb";
    assertThat(snapshot.packageFiles(Set.of(asked)).get(asked).size()).isEqualTo(9);
    assertThat(channels.refresh("test")).isInstanceOf(RefreshResult.Unchanged.class);
  }

  @Test
  void aGuestGetsOnlyWhatTheIndexesName() throws Exception {
    publish(Map.of(), new Deb("lib++", "1:2.0+x~1"));
    channels.refresh("test");
    Snapshot snapshot = channels.current("test").orElseThrow();
    String asked = repository.uri() + "/pool/main/lib%2b%2b/lib%2b%2b_2.0%2bx%7e1_amd64.deb";
    PackageFile file = snapshot.packageFiles(Set.of(asked)).get(asked);
    assertThat(file.fileName()).isEqualTo("lib++_1%3a2.0+x~1_amd64.deb");
    for (String other :
        List.of("http://evil.example/x.deb", repository.uri() + "/dists/stable/InRelease", "%zz")) {
      assertRefused(() -> snapshot.packageFiles(Set.of(other)), "does not hold");
    }
  }

  @Test
  void aChannelLimitedToSecurityTakesItsVersionsFromTheSuitesOfSecurity() throws Exception {
    publish(Map.of(), new Deb("bash", "5.2-3"), new Deb("tool", "2"));
    String security =
        repository.suite("stable-security", Map.of(), List.of(new Deb("bash", "5.2-2")));
    repository.inRelease("stable-security", key.clearSigned(security));
    channels.remove("test");
    Channel channel =
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of(repository.uri()),
                    List.of("stable", "stable-security"),
                    List.of("main"),
                    List.of("amd64"),
                    key.armored())),
            List.of(),
            List.of(),
            Duration.ofHours(1),
            true);
    channels.add(channel);
    assertThat(channels.find("test")).contains(channel);
    channels.refresh("test");
    Snapshot all = channels.current("test").orElseThrow();
    assertThat(all.upgradeOf(installed("bash", "5.2-1"))).contains("5.2-3");
    Snapshot limited = all.limitedToSecurity();
    assertThat(limited.upgradeOf(installed("bash", "5.2-1"))).contains("5.2-2");
    assertThat(limited.upgradeOf(installed("bash", "5.2-2"))).isEmpty();
    assertThat(limited.upgradeOf(installed("tool", "1"))).isEmpty();
  }

  @Test
  void aComponentThatIsNotOfferedIsNamed() throws Exception {
    channels.remove("test");
    channels.add(
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of(repository.uri()),
                    List.of("stable"),
                    List.of("contrib"),
                    List.of("amd64"),
                    key.armored()))));
    assertRefused(() -> channels.refresh("test"), "does not list contrib/binary-amd64/Packages");
  }

  @Test
  void aSourceThatGivesTheInstalledVersionMoreWeightKeepsBackportsOut() throws Exception {
    publish(Map.of(), new Deb("bash", "5.2-1"));
    String backports =
        repository.suite(
            "backports",
            Map.of("NotAutomatic", "yes", "ButAutomaticUpgrades", "yes"),
            List.of(new Deb("bash", "5.3-1~bpo1"), new Deb("tool", "2")));
    repository.inRelease("backports", key.clearSigned(backports));
    String experimental =
        repository.suite(
            "experimental", Map.of("NotAutomatic", "yes"), List.of(new Deb("tool", "3")));
    repository.inRelease("experimental", key.clearSigned(experimental));
    channels.remove("test");
    channels.add(
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of(repository.uri()),
                    List.of("stable", "backports", "experimental"),
                    List.of("main"),
                    List.of("amd64"),
                    key.armored()))));
    channels.refresh("test");
    Snapshot snapshot = channels.current("test").orElseThrow();
    assertThat(snapshot.upgradeOf(installed("bash", "5.1-1"))).contains("5.2-1");
    assertThat(snapshot.upgradeOf(installed("bash", "5.2-1"))).isEmpty();
    assertThat(snapshot.upgradeOf(installed("bash", "5.3-1~bpo0"))).contains("5.3-1~bpo1");
    assertThat(snapshot.upgradeOf(installed("tool", "1"))).contains("2");
  }

  @Test
  void aWrongFileIsReportedWithItsKeyAndDoesNotHideTheOthers() throws Exception {
    Path file = temporary.resolve("data/channels/other.yaml");
    Files.writeString(file, "platform: DEBIAN_12\nsources:\n  - urls: [http://x]\n");
    assertRefused(() -> channels.find("other"), file + ": sources[0].urls: is not a channel key");
    assertThat(channels.list()).extracting(Channel::name).containsExactly("test");
    ChannelStatus status = channels.status().getFirst();
    assertThat(status.name()).isEqualTo("other");
    assertThat(status.channel()).isEmpty();
    assertThat(status.error().orElseThrow()).contains("is not a channel key");
    assertThat(channels.status().getLast().channel()).isPresent();
    assertRefused(() -> channels.find("../x"), "is not valid");
  }

  @Test
  void aWrongFileIsNotPassedOverForAnotherChannelOfItsPlatform() throws Exception {
    Path file = temporary.resolve("data/channels/all.yaml");
    Files.writeString(file, "platform: DEBIAN_12\nsecurity-only: yes, please\nsources: []\n");
    assertRefused(() -> channels.forPlatform("DEBIAN_12"), file + ": security-only");
    assertThat(channels.forPlatform("ROCKY_LINUX8")).isEmpty();
    Files.writeString(file, "platform: 'ROCKY_LINUX8'\nsources: [\n");
    assertThat(channels.forPlatform("DEBIAN_12").orElseThrow().name()).isEqualTo("test");
    assertRefused(() -> channels.forPlatform("ROCKY_LINUX8"), file + " is not valid YAML");
    for (String unclear : List.of("platform: DEBAIN_12\n", "platfrom: RHEL8\n", "\t")) {
      Files.writeString(file, unclear);
      assertRefused(() -> channels.forPlatform("DEBIAN_12"), file.toString());
    }
    // It comes after the one that is used, so it changes nothing.
    Files.move(file, file.resolveSibling("z.yaml"));
    assertThat(channels.forPlatform("DEBIAN_12").orElseThrow().name()).isEqualTo("test");
  }

  @Test
  void aWrongFileIsLoggedOnceUntilItChanges() throws Exception {
    Path file = temporary.resolve("data/channels/other.yaml");
    Files.writeString(file, "platform: DEBIAN_12\n");
    List<String> lines =
        warnings(() -> {
          channels.due();
          channels.due();
          channels.status();
          Files.writeString(file, "platform: DEBIAN_11\n\n");
          channels.due();
          channels.due();
        });
    assertThat(lines).containsExactly("channel can't be read", "channel can't be read");
  }

  private List<String> warnings(ThrowingCallable call) throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(ChannelStore.class);
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    logger.addAppender(appender);
    try {
      call.call();
    } catch (Throwable e) {
      throw new AssertionError(e);
    } finally {
      logger.detachAppender(appender);
    }
    // Channels of other tests write to the same log.
    return appender.list.stream()
        .filter(event -> event.getKeyValuePairs().toString().contains(temporary.toString()))
        .map(ILoggingEvent::getMessage)
        .toList();
  }

  @Test
  void aDailyRefreshThatFailedIsDueAgainInAnHour() throws Exception {
    Path file = temporary.resolve("data/channels/test.yaml");
    Files.writeString(
        file, Files.readString(file).replaceFirst("refresh-interval: .*\n", "") + INTERVAL);
    channels.refresh("test");
    assertThat(after(Duration.ofHours(23)).due()).isEmpty();
    assertThat(after(Duration.ofHours(25)).due()).hasSize(1);
    repository.close();
    assertThatThrownBy(() -> channels.refresh("test")).isInstanceOf(ChannelException.class);

    assertThat(after(Duration.ofMinutes(59)).due()).isEmpty();
    assertThat(after(Duration.ofMinutes(61)).due()).hasSize(1);
  }

  private static final String INTERVAL = "refresh-interval: 1d\n";

  private ChannelStore after(Duration passed) throws Exception {
    return new ChannelStore(temporary.resolve("data"), Clock.offset(CLOCK, passed), quick());
  }

  @Test
  void aChannelComesBackFromItsFileAsItWas() throws Exception {
    Channel channel = channels.find("test").orElseThrow();
    assertThat(channel).isEqualTo(channel(repository.uri(), key.armored()));
    assertThat(channels.forPlatform("DEBIAN_12")).contains(channel);
    assertThat(channels.due()).containsExactly(channel);
    channels.refresh("test");
    assertThat(channels.due()).isEmpty();
    assertRefused(() -> channels.add(channel), "there is a channel 'test'");
  }

  @Test
  void anotherProcessesRefreshIsSeen() throws Exception {
    assertThat(channels.current("test")).isEmpty();
    new ChannelStore(temporary.resolve("data"), CLOCK, quick()).refresh("test");
    assertThat(channels.current("test")).isPresent();
  }

  private void publish(Map<String, String> fields, Deb... debs) throws Exception {
    repository.publish(key, fields, List.of(debs));
  }

  private void useKey(TestKey other) throws Exception {
    key = other;
    publish(Map.of(), new Deb("bash", "5.2-1"));
    channels.remove("test");
    channels.add(channel(repository.uri(), key.armored()));
  }

  private static Channel channel(String uri, String signedBy) {
    return new Channel(
        "test",
        "DEBIAN_12",
        List.of(
            new AptSource(
                List.of(uri), List.of("stable"), List.of("main"), List.of("amd64"), signedBy)));
  }

  private Transport quick() {
    return new Transport(
        temporary.resolve("data"), Duration.ofMillis(1), TestPace.silence(Duration.ofMinutes(1)));
  }

  private static InstalledPackage installed(String name, String version) {
    return new InstalledPackage(name, "amd64", version, false);
  }

  private static void assertRefused(ThrowingCallable call, String why) {
    assertThatThrownBy(call).isInstanceOf(ChannelException.class).hasMessageContaining(why);
  }
}
