package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.regild.apt.AptPackageSystem;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.db.Database;
import dev.regild.feed.OpenCves.Counts;
import dev.regild.feed.OpenCves.Found;
import dev.regild.feed.OpenCves.Status;
import dev.regild.fetch.Route;
import dev.regild.files.Sha256;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestClock;
import dev.regild.fixtures.TestDatabases;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class FeedStoreTest {
  private static final Set<String> DEBIAN_12 = Set.of("DEBIAN_12");

  /** In the shape of the tracker's own, members that are not read included. */
  private static final String TRACKER =
      """
      {"openssl": {
        "CVE-2026-1001": {"description": "a flaw", "debianbug": 1100001, "scope": "remote",
          "releases": {
            "bookworm": {"status": "resolved", "repositories": {"bookworm": "3.0.16-1~deb12u1",
              "bookworm-security": "3.0.17-1~deb12u2"}, "fixed_version": "3.0.17-1~deb12u2",
              "urgency": "not yet assigned", "next_point_update": true, "unknown": 1},
            "trixie": {"status": "open", "repositories": {"trixie": "3.5.1-1"},
              "urgency": "medium"}}},
        "CVE-2026-1002": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0",
          "urgency": "unimportant"}}},
        "CVE-2026-1003": {"releases": {"bookworm": {"status": "open", "urgency": "high**"}}},
        "CVE-2026-1004": {"releases": {"bookworm": {"status": "open", "urgency": "low",
          "nodsa": "Minor issue", "nodsa_reason": ""}}},
        "CVE-2026-1005": {"releases": {"bookworm": {"status": "open", "urgency": "low",
          "nodsa": "Minor issue", "nodsa_reason": "postponed"}}},
        "CVE-2026-1006": {"releases": {"bookworm": {"status": "open", "urgency": "end-of-life"}}},
        "TEMP-0000000-ABCDEF": {"releases": {"bookworm": {"status": "undetermined"}}}},
       "linux": {
        "CVE-2026-2001": {"releases": {"bookworm": {"status": "resolved",
          "fixed_version": "6.1.192-2", "urgency": "not yet assigned"}}},
        "CVE-2026-2002": {"releases": {"bookworm": {"status": "open",
          "urgency": "not yet assigned"}}}}}
      """;

  private static final String KEV =
      """
      {"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.30",
       "dateReleased": "2026-11-30T17:00:00.0000Z", "count": 2, "vulnerabilities": [
        {"cveID": "CVE-2026-2002", "vendorProject": "Linux", "product": "Kernel",
         "vulnerabilityName": "a race", "dateAdded": "2026-11-02", "shortDescription": "…",
         "requiredAction": "Apply updates", "dueDate": "2026-11-23",
         "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": ["CWE-362"]},
        {"cveID": "CVE-2020-0001", "dateAdded": "2021-11-03", "cwes": []}]}
      """;

  @TempDir Path data;
  private Database database;
  private FeedStore feeds;
  private TestRepository server;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    feeds = new FeedStore(database, data, Clock.systemUTC());
    server = new TestRepository(Files.createDirectory(data.resolve("server")));
  }

  @AfterEach
  void close() {
    server.close();
    database.close();
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(data.resolve(name), content);
  }

  private static Feed feed(String name, FeedKind kind, String uri) {
    return signed(name, kind, uri, "", "");
  }

  private static Feed signed(
      String name, FeedKind kind, String uri, String sha256, String signedBy) {
    return new Feed(
        name, kind, uri, sha256, signedBy, "", Route.DEFAULT, Feed.DEFAULT_REFRESH_INTERVAL);
  }

  private void add(FeedKind kind, String content) throws Exception {
    Path file = write(kind.word() + ".json", content);
    feeds.add(feed(kind.word(), kind, file.toUri().toString()));
    assertThat(feeds.refresh(kind.word(), DEBIAN_12).changed()).isTrue();
  }

  private static InstalledPackage installed(
      String name, String version, String source, String sourceVersion) {
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin(source, sourceVersion, "", "", ""));
  }

  private OpenCves cves() {
    AptPackageSystem apt = new AptPackageSystem();
    return new OpenCves(feeds.facts("DEBIAN_12"), apt.family(), apt.notes());
  }

  private static Map<String, Status> statuses(List<Found> found) {
    return found.stream().collect(Collectors.toMap(each -> each.issue().cve(), Found::status));
  }

  @Test
  void eachStateOfTheTrackerIsToldAsTheVendorMeansIt() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    InstalledPackage libssl =
        installed("libssl3", "3.0.16-1~deb12u1+b1", "openssl", "3.0.16-1~deb12u1");
    assertThat(statuses(cves().find(List.of(libssl))))
        .isEqualTo(
            Map.of(
                "CVE-2026-1001", Status.OPEN,
                "CVE-2026-1002", Status.NOT_AFFECTED,
                "CVE-2026-1003", Status.OPEN,
                "CVE-2026-1004", Status.WONT_FIX,
                "CVE-2026-1005", Status.OPEN,
                "CVE-2026-1006", Status.WONT_FIX,
                "TEMP-0000000-ABCDEF", Status.OPEN));
    assertThat(cves().count(List.of(libssl))).contains(new Counts(4, 0, 2, Optional.empty()));
    InstalledPackage updated =
        installed("libssl3", "3.0.17-1~deb12u2", "openssl", "3.0.17-1~deb12u2");
    assertThat(statuses(cves().find(List.of(updated))))
        .containsEntry("CVE-2026-1001", Status.FIXED);
    Found high =
        cves().find(List.of(libssl)).stream()
            .filter(each -> each.issue().cve().equals("CVE-2026-1003"))
            .findFirst()
            .orElseThrow();
    assertThat(high.issue().severity()).isEqualTo("high");
  }

  /** One that was left behind by an update is not booted; headers are no kernel. */
  @Test
  void ofKernelsTheNewestCountsByTheSourceThatWasSigned() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    add(FeedKind.KEV, KEV);
    InstalledPackage old =
        installed("linux-image-6.1.0-40-amd64", "6.1.153-1", "linux-signed-amd64", "6.1.153+1");
    InstalledPackage current =
        installed("linux-image-6.1.0-44-amd64", "6.1.192-2", "linux-signed-amd64", "6.1.192+2");
    InstalledPackage headers = installed("linux-libc-dev", "6.1.100-1", "linux", "6.1.100-1");
    assertThat(statuses(cves().find(List.of(old, current, headers))))
        .isEqualTo(Map.of("CVE-2026-2001", Status.FIXED, "CVE-2026-2002", Status.OPEN));
    assertThat(cves().count(List.of(current, old, headers)))
        .contains(new Counts(0, 1, 0, Optional.of(1)));
    assertThat(cves().count(List.of(headers))).contains(new Counts(0, 0, 0, Optional.of(0)));
  }

  @Test
  void withoutAFeedForThePlatformNothingIsKnown() throws Exception {
    add(FeedKind.KEV, KEV);
    assertThat(cves().count(List.of(installed("libssl3", "1", "openssl", "1")))).isEmpty();
  }

  @Test
  void aFeedIsReadAgainOnlyIfItHasChangedOrForANewPlatform() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    String basis = feeds.facts("DEBIAN_12").basis();
    assertThat(feeds.refresh("debian-tracker", DEBIAN_12).changed()).isFalse();
    assertThat(feeds.due(DEBIAN_12)).isEmpty();
    assertThat(feeds.due(Set.of("DEBIAN_12", "DEBIAN_13"))).hasSize(1);
    assertThat(feeds.refresh("debian-tracker", Set.of("DEBIAN_12", "DEBIAN_13")).changed())
        .isTrue();
    assertThat(feeds.facts("DEBIAN_13").issues()).isPresent();
    assertThat(feeds.facts("DEBIAN_12").basis()).isEqualTo(basis);

    write("debian-tracker.json", TRACKER.replace("high**", "low"));
    Files.setLastModifiedTime(data.resolve("debian-tracker.json"), FileTime.fromMillis(1));
    assertThat(feeds.refresh("debian-tracker", DEBIAN_12).changed()).isTrue();
    assertThat(feeds.facts("DEBIAN_12").basis()).isNotEqualTo(basis);
    try (Stream<Path> kept = Files.list(data.resolve("feeds"))) {
      assertThat(kept.map(file -> file.getFileName().toString()))
          .as("the last good content, and nothing else")
          .containsExactly(feeds.require("debian-tracker").snapshot().orElseThrow());
    }
  }

  @Test
  void anEarlierSnapshotCountsAsLongAsItIsHeld() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    String first = feeds.require("debian-tracker").snapshot().orElseThrow();
    String basis = feeds.facts("DEBIAN_12").basis();
    refreshed(
        "{\"openssl\": {\"CVE-2026-9\": {\"releases\": {\"bookworm\": {\"status\": \"open\"}}}}}");
    assertThat(feeds.require("debian-tracker").snapshots())
        .extracting(FeedSnapshot::issues)
        .as("newest first")
        .containsExactly(Map.of("DEBIAN_12", 1), Map.of("DEBIAN_12", 9));

    assertThat(feeds.hold("debian-tracker", first.substring(0, 12)).digest()).isEqualTo(first);
    assertThat(feeds.facts("DEBIAN_12").basis()).isEqualTo(basis);
    assertThat(feeds.facts("DEBIAN_12").issues("linux")).hasSize(2);
    assertThat(feeds.require("debian-tracker").held()).isTrue();
    assertThat(feeds.refresh("debian-tracker", DEBIAN_12).changed())
        .as("it is the newest that is compared with the source")
        .isFalse();

    refreshed(
        "{\"linux\": {\"CVE-2026-8\": {\"releases\": {\"bookworm\": {\"status\": \"open\"}}}}}");
    assertThat(feeds.facts("DEBIAN_12").basis()).isEqualTo(basis);
    assertThat(feeds.require("debian-tracker").snapshots())
        .as("the newest two, and the one that is held")
        .hasSize(3);

    String newest = feeds.release("debian-tracker").orElseThrow().digest();
    assertThat(feeds.require("debian-tracker").snapshot()).contains(newest);
    assertThat(feeds.facts("DEBIAN_12").issues("linux"))
        .extracting(Issue::cve)
        .containsExactly("CVE-2026-8");
    for (String wrong : List.of("", "0123456789abcdef", newest + "0")) {
      assertThatExceptionOfType(FeedException.class)
          .isThrownBy(() -> feeds.hold("debian-tracker", wrong))
          .withMessageContaining("regild feed show debian-tracker");
    }
  }

  /** Else a reader that a refresh has overtaken would take it for one that says nothing. */
  @Test
  void nothingIsRememberedOfASnapshotThatWasReplacedBeforeItWasRead() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    String first = feeds.require("debian-tracker").snapshot().orElseThrow();
    MergedFacts facts = new MergedFacts(database);
    List<MergedFacts.Part> named = facts.parts("DEBIAN_12");
    refreshed(
        "{\"openssl\": {\"CVE-2026-9\": {\"releases\": {\"bookworm\": {\"status\": \"open\"}}}}}");
    assertThatExceptionOfType(MergedFacts.ReplacedException.class)
        .isThrownBy(() -> facts.of(named));

    feeds.hold("debian-tracker", first);
    assertThat(facts.of("DEBIAN_12").issues("linux")).hasSize(2);
  }

  /** Else the older one would count until the content changes again. */
  @Test
  void theSnapshotThatARefreshStoresMeanwhileIsTheNewest() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    String first = feeds.require("debian-tracker").snapshot().orElseThrow();
    feeds.hold("debian-tracker", first);
    FeedSnapshot later = new FeedSnapshot("f".repeat(64), Instant.now(), "", Map.of());
    AtomicReference<Optional<FeedSnapshot>> released = new AtomicReference<>(Optional.empty());
    Thread releasing =
        Thread.ofPlatform()
            .unstarted(() -> {
              try {
                released.set(feeds.release("debian-tracker"));
              } catch (FeedException e) {
                throw new IllegalStateException(e);
              }
            });
    database.useTransaction(handle -> {
      handle.execute("UPDATE feed SET error = error");
      releasing.start();
      Thread.sleep(300);
      FeedSnapshots.add(handle, "debian-tracker", later, first, Map.of());
    });
    releasing.join();

    assertThat(released.get().map(FeedSnapshot::digest)).contains(later.digest());
    assertThat(feeds.require("debian-tracker").snapshot()).contains(later.digest());
  }

  /** Refreshes with another content. */
  private void refreshed(String content) throws Exception {
    Path file = write("debian-tracker.json", content);
    Files.setLastModifiedTime(file, FileTime.fromMillis(content.hashCode() & 0xffff));
    assertThat(feeds.refresh("debian-tracker", DEBIAN_12).changed()).isTrue();
  }

  @Test
  void theLastSnapshotsOfSevenDaysAreKept() throws Exception {
    TestClock clock = new TestClock();
    feeds = new FeedStore(database, data, clock);
    Path file = write("debian-tracker.json", TRACKER);
    feeds.add(feed("debian-tracker", FeedKind.DEBIAN_TRACKER, file.toUri().toString()));
    for (int day = 1; day <= 10; day++) {
      for (int hour = 0; hour < 12; hour += 6) {
        clock.set(Instant.parse("2026-11-%02dT%02d:00:00Z".formatted(day, hour)));
        refreshed(TRACKER.replace("a flaw", "day " + day + " hour " + hour));
      }
    }
    assertThat(feeds.require("debian-tracker").snapshots())
        .extracting(each -> each.readAt().toString())
        .containsExactly(
            "2026-11-10T06:00:00Z",
            "2026-11-10T00:00:00Z",
            "2026-11-09T06:00:00Z",
            "2026-11-08T06:00:00Z",
            "2026-11-07T06:00:00Z",
            "2026-11-06T06:00:00Z",
            "2026-11-05T06:00:00Z",
            "2026-11-04T06:00:00Z");
    feeds.remove("debian-tracker");
    int left =
        database.read(handle ->
            handle
                .createQuery("SELECT COUNT(*) FROM feed_snapshot_facts")
                .mapTo(Integer.class)
                .one());
    assertThat(left).isZero();
  }

  /** As if it had filled the heap, which no catch of the refresh sees. */
  @Test
  void aRefreshThatEndsTheProcessDoesNotBeginAgainAtOnce() throws Exception {
    Path file = write("tracker.json", TRACKER);
    feeds.add(feed("tracker", FeedKind.DEBIAN_TRACKER, file.toUri().toString()));
    AtomicInteger looks = new AtomicInteger();
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            if (looks.incrementAndGet() > 1) {
              throw new AssertionError("the process ends");
            }
            return Instant.now();
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    FeedStore dying = new FeedStore(database, data, clock);
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> dying.refresh("tracker", DEBIAN_12));
    assertThat(feeds.due(DEBIAN_12)).isEmpty();
    assertThat(feeds.require("tracker").error().orElseThrow()).contains("was cut off");
    assertThat(feeds.refresh("tracker", DEBIAN_12).changed()).isTrue();
    assertThat(feeds.require("tracker").error()).isEmpty();
  }

  @Test
  void aRefreshThatIsInterruptedIsDueAgain() throws Exception {
    Path file = write("osv.json", "[]");
    feeds.add(feed("osv", FeedKind.OSV, file.toUri().toString()));
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> feeds.refresh("osv", DEBIAN_12));
    assertThat(Thread.interrupted()).isFalse();
    assertThat(feeds.due(DEBIAN_12)).hasSize(1);
    assertThat(feeds.require("osv").error()).isEmpty();
  }

  @Test
  void aFeedThatIsNotRightIsRefusedByNameAndTheLastGoodOneStays() throws Exception {
    add(FeedKind.DEBIAN_TRACKER, TRACKER);
    String basis = feeds.facts("DEBIAN_12").basis();
    Map<String, String> wrong =
        Map.of(
            TRACKER.substring(0, TRACKER.length() / 2),
            "cut short",
            KEV,
            "is not an object",
            "{}",
            "names no release",
            "{\"openssl\": {\"CVE-2026-1001\": {\"scope\": \"remote\", \"releases\": {}}}}",
            "names no release",
            "{\"openssl\": {\"CVE-2026-1001\": {\"releases\": {\"bookworm\": {}}}}}",
            "the status of CVE-2026-1001 is ''",
            "<html></html>",
            "not JSON",
            TRACKER.replace("\"open\"", "\"perhaps\""),
            "'perhaps', which is unknown",
            TRACKER + "{}",
            "more after its end");
    for (Map.Entry<String, String> each : wrong.entrySet()) {
      write("debian-tracker.json", each.getKey());
      assertThatExceptionOfType(FeedException.class)
          .isThrownBy(() -> feeds.refresh("debian-tracker", DEBIAN_12))
          .withMessageContaining("debian-tracker")
          .withMessageContaining(each.getValue());
      assertThat(feeds.require("debian-tracker").error())
          .hasValueSatisfying(why -> assertThat(why).contains(each.getValue()));
      assertThat(feeds.facts("DEBIAN_12").basis()).isEqualTo(basis);
    }
    for (String kev : List.of(KEV.replace("\"count\": 2", "\"count\": 3"), "{\"count\": 0}")) {
      Path file = write("kev.json", kev);
      feeds.add(feed("kev", FeedKind.KEV, file.toUri().toString()));
      assertThatExceptionOfType(FeedException.class)
          .isThrownBy(() -> feeds.refresh("kev", DEBIAN_12));
      feeds.remove("kev");
    }
  }

  @Test
  void aFeedAboveItsLimitIsRefusedByNameAndTheLastGoodOneStays() throws Exception {
    add(FeedKind.KEV, KEV);
    String basis = feeds.facts("DEBIAN_12").basis();
    try (RandomAccessFile file = new RandomAccessFile(data.resolve("kev.json").toFile(), "rw")) {
      file.setLength(FeedKind.KEV.limit() + 1);
    }
    assertThatExceptionOfType(FeedException.class)
        .isThrownBy(() -> feeds.refresh("kev", DEBIAN_12))
        .withMessageContaining("Feed kev was not refreshed")
        .withMessageContaining("is larger than the 67108864-byte limit");
    assertThat(feeds.facts("DEBIAN_12").basis()).isEqualTo(basis);
  }

  @Test
  void aSignatureAndAHashAreVerified() throws Exception {
    TestKey key = TestKey.simple();
    Path keyring = write("keyring.asc", key.armored());
    Files.writeString(server.root.resolve("tracker.json"), TRACKER);
    Files.write(server.root.resolve("tracker.json.asc"), key.detached(TRACKER.getBytes(UTF_8)));
    String uri = server.uri() + "/tracker.json";
    feeds.add(signed("signed", FeedKind.DEBIAN_TRACKER, uri, "", keyring.toString()));
    assertThat(feeds.refresh("signed", DEBIAN_12).changed()).isTrue();
    assertThat(feeds.require("signed").verified()).contains("OpenPGP signature");

    Files.writeString(server.root.resolve("tracker.json"), TRACKER.replace("high**", "low"));
    assertThatExceptionOfType(FeedException.class)
        .isThrownBy(() -> feeds.refresh("signed", DEBIAN_12))
        .withMessageContaining("signed");

    String sha256 = Sha256.of(TRACKER.getBytes(UTF_8));
    feeds.add(signed("pinned", FeedKind.DEBIAN_TRACKER, uri, sha256, ""));
    assertThatExceptionOfType(FeedException.class)
        .isThrownBy(() -> feeds.refresh("pinned", DEBIAN_12))
        .withMessageContaining("SHA-256");
    Files.writeString(server.root.resolve("tracker.json"), TRACKER);
    assertThat(feeds.refresh("pinned", DEBIAN_12).changed()).isTrue();
  }

  @Test
  void whatNobodyCanVerifyIsNotTaken() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> feed("f", FeedKind.KEV, "http://mirror.example/kev.json"))
        .withMessageContaining("Use https");
    for (String wrong : List.of("ftp://x/y", "kev.json", "https://user:secret@x/y", "https:")) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> feed("f", FeedKind.KEV, wrong));
    }
  }
}
