package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.github.luben.zstd.Zstd;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.DocumentReader;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.TestPace;
import dev.regild.fetch.Transport;
import dev.regild.files.Sha256;
import dev.regild.fixtures.RpmPackages;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Program;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PlanRules;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdatePolicy;
import dev.regild.plan.UpdateReasons;
import dev.regild.update.fleet.FleetImages;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.fleet.PackageMatch;
import dev.regild.update.fleet.PackageMatcher;
import dev.regild.update.fleet.Question;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A channel of RPM packages that rpmbuild and createrepo_c made, behind HTTP and as files. */
class RpmChannelTest {
  @TempDir Path directory;
  private TestRepository repository;
  private TestKey key;
  private ChannelStore channels;
  private int revision = 1_700_000_000;

  @BeforeEach
  void serveARepository() throws Exception {
    RpmPackages.assumeTools();
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectories(directory.resolve("RPMS")));
    channels =
        new ChannelStore(
            directory.resolve("data"),
            Clock.systemUTC(),
            new Transport(
                directory.resolve("data"),
                Duration.ofMillis(1),
                TestPace.silence(Duration.ofMinutes(1))));
    RpmPackages.build(directory, "alpha", "2", "1.0", "1.el8");
    publish();
    channels.add(channel(repository.uri(), key.armored()));
  }

  @AfterEach
  void stop() {
    if (repository != null) {
      repository.close();
    }
  }

  @Test
  void aRefreshMakesASnapshotThatKnowsTheUpgradesAndTheirFiles() throws Exception {
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    assertThat(snapshot.family()).isEqualTo(RpmVersion.FAMILY);
    assertThat(snapshot.upgradeOf(installed("1:9.9-1"))).contains("2:1.0-1.el8");
    assertThat(snapshot.upgradeOf(installed("2:1.0~rc1-1.el8"))).contains("2:1.0-1.el8");
    assertThat(snapshot.upgradeOf(installed("2:1.0-1.el8"))).isEmpty();
    String uri = repository.uri() + "/noarch/alpha-1.0-1.el8.noarch.rpm";
    Path file = directory.resolve("RPMS/noarch/alpha-1.0-1.el8.noarch.rpm");
    assertThat(snapshot.packageFiles(Set.of(uri)).values())
        .containsExactly(
            new PackageFile(
                URI.create(uri), "alpha-1.0-1.el8.noarch.rpm", Files.size(file), Sha256.of(file)));
    assertThatThrownBy(() -> snapshot.packageFiles(Set.of(uri + "x")))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("does not hold");
  }

  @Test
  void imagesAreFoundByAnAdvisoryAndByItsCve() throws Exception {
    RpmPackages.addUpdateinfo(directory.resolve("RPMS"), "alpha", "2", "1.0", "1.el8");
    sign(key);
    channels.refresh("rocky");
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      Inventories inventories = new Inventories(database);
      Owner owner = new Owner("111111111111", "eu-central-1");
      FleetImages images = new FleetImages(database, inventories);
      images.available(owner, "new", "ROCKY_LINUX8", List.of(installed("2:1.0-1.el8")));
      images.available(owner, "old", "ROCKY_LINUX8", List.of(installed("2:0.8-1")));
      FleetSearch search =
          new FleetSearch(
              database,
              new PackageMatcher(
                  database,
                  new UpdatePlans(channels, inventories),
                  new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC())),
                  new FeedStore(database, directory, Clock.systemUTC())));
      FleetSearch.Part all = new FleetSearch.Part(Optional.empty(), true, Optional.empty(), 10);
      for (Question question :
          List.of(new Question.OfAdvisory("RLSA-2026:0001"), new Question.OfCve("CVE-2026-0001"))) {
        assertThat(search.find(owner, question, all).found())
            .extracting(each -> each.image().name(), each -> each.packages().getFirst().state())
            .containsExactly(
                tuple("new", Optional.of(PackageMatch.State.FIXED)),
                tuple("old", Optional.of(PackageMatch.State.FIXABLE)));
      }
      assertThat(search.find(owner, new Question.OfAdvisory("RLSA-2026:9"), all).incomplete())
          .containsExactly("No channel's current snapshot has this advisory.");
    }
  }

  @Test
  void anAdvisoryIsToldWhereTheUpgradePassesOrReachesIt() throws Exception {
    RpmPackages.addUpdateinfo(directory.resolve("RPMS"), "alpha", "2", "0.9", "1");
    sign(key);
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    UpdatePlan plan =
        Planner.plan(List.of(installed("2:0.8-1")), snapshot, new PlanRules(List.of(), Set.of()));
    assertThat(plan.changes())
        .containsExactly(
            new Change(
                ChangeKind.OS,
                "alpha",
                "noarch",
                "2:0.8-1",
                "2:1.0-1.el8",
                true,
                List.of(
                    new Advisory(
                        "RLSA-2026:0001", "security", "Important", List.of("CVE-2026-0001")))));
    assertThat(snapshot.reasonsFor(installed("2:0.9-1"), "2:1.0-1.el8"))
        .isEqualTo(new UpdateReasons(false, List.of()));
  }

  @Test
  void whatMendsSecurityIsTheNewestVersionThatAnAdvisoryNames() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "1.1", "1.el8");
    RpmPackages.build(directory, "alpha", "2", "1.2", "1.el8");
    publish();
    RpmPackages.addUpdateinfo(directory.resolve("RPMS"), "alpha", "2", "1.1", "1.el8");
    sign(key);
    channels.refresh("rocky");
    Snapshot all = channels.current("rocky").orElseThrow();
    Snapshot security = all.limitedToSecurity();
    assertThat(all.upgradeOf(installed("2:1.0-1.el8"))).contains("2:1.2-1.el8");
    assertThat(security.upgradeOf(installed("2:1.0-1.el8"))).contains("2:1.1-1.el8");
    assertThat(security.upgradeOf(installed("2:1.1-1.el8"))).isEmpty();
    PlanRules rules = new PlanRules(List.of(), Set.of());
    List<InstalledPackage> old = List.of(installed("2:1.0-1.el8"));
    assertThat(Planner.plan(old, security, rules).securityOnly()).isTrue();
    assertThat(Planner.plan(old, all, rules).securityOnly()).isFalse();
  }

  @Test
  void whatMendsSecurityAndIsGoneFromTheRepositoryComesWithTheNextVersion() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "1.2", "1.el8");
    RpmPackages.build(directory, "alpha", "2", "1.3", "1.el8");
    publish();
    RpmPackages.addUpdateinfo(directory.resolve("RPMS"), "alpha", "2", "1.1", "1.el8");
    sign(key);
    channels.refresh("rocky");
    Snapshot security = channels.current("rocky").orElseThrow().limitedToSecurity();
    assertThat(security.upgradeOf(installed("2:1.0-1.el8"))).contains("2:1.2-1.el8");
  }

  @Test
  void whatObsoletesAnInstalledPackageTakesItsPlaceInThePlan() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "3.0", "1.el8");
    RpmPackages.build(
        directory,
        """
        Name: beta
        Version: 1
        Release: 1.el8
        Summary: A test
        License: MIT
        BuildArch: noarch
        Obsoletes: alpha < 2:2.0
        %description
        A test.
        %files
        """);
    publish();
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    PlanRules rules = new PlanRules(List.of(), Set.of());
    assertThat(Planner.plan(List.of(installed("2:1.9-7.el8")), snapshot, rules).changes())
        .containsExactly(new Change(ChangeKind.OS, "beta", "noarch", "", "1-1.el8"));
    assertThat(Planner.plan(List.of(installed("2:2.0-1.el8")), snapshot, rules).changes())
        .as("outside of the range")
        .extracting(Change::name, Change::to)
        .containsExactly(tuple("alpha", "2:3.0-1.el8"));
  }

  @Test
  void onlyPackagesOfTheStreamsThatAnImageHasChosenCount() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "2.0", "1.module+el8");
    RpmPackages.build(directory, "alpha", "2", "3.0", "1.module+el8");
    RpmPackages.index(directory.resolve("RPMS"), ++revision);
    RpmPackages.addModules(directory.resolve("RPMS"), MODULES);
    sign(key);
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    InstalledPackage old = installed("2:0.8-1");
    assertThat(snapshot.upgradeOf(old)).as("the default").contains("2:2.0-1.module+el8");
    assertThat(snapshot.availableTo(chosen("runtime", "5.20")).upgradeOf(old))
        .contains("2:3.0-1.module+el8");
    assertThat(snapshot.availableTo(chosen("runtime", "5.30")).upgradeOf(old))
        .as("a stream that the channel does not have, beside a package of no module")
        .contains("2:1.0-1.el8");
    assertThat(snapshot.availableTo(chosen("runtime", "")).upgradeOf(old))
        .as("disabled")
        .contains("2:1.0-1.el8");
  }

  private static Inventory chosen(String module, String stream) {
    return new Inventory(
        new OperatingSystem("ROCKY_LINUX8", "", "8"),
        "x86_64",
        List.of(),
        new TreeMap<>(Map.of(module, stream)),
        UpdatePolicy.NONE);
  }

  private static final String MODULES =
      """
      ---
      document: modulemd
      version: 2
      data:
        name: runtime
        stream: 5.10
        version: 820181213131728
        context: 9edba152
        arch: x86_64
        artifacts:
          rpms:
          - alpha-2:2.0-1.module+el8.noarch
          - alpha-2:2.0-1.module+el8.src
      ...
      ---
      document: modulemd
      version: 2
      data:
        name: runtime
        stream: "5.20"
        artifacts:
          rpms: [ alpha-2:3.0-1.module+el8.noarch ]
      ...
      ---
      document: modulemd-defaults
      version: 1
      data:
        module: runtime
        stream: 5.10
        profiles:
          5.10: [common]
      ...
      """;

  @Test
  void anIndexOfModulesThatIsNoneIsRefused() throws Exception {
    RpmPackages.addModules(directory.resolve("RPMS"), "document: modulemd\ndata: [a, b]\n");
    sign(key);
    assertRefused("not an index of modules");
  }

  @Test
  void anUnchangedRepositoryCostsTwoNotModified() throws Exception {
    channels.refresh("rocky");
    repository.takeAnswers();
    assertThat(channels.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(repository.takeAnswers())
        .containsExactly("304 /repodata/repomd.xml", "304 /repodata/repomd.xml.asc");
  }

  @Test
  void aNewPackageMakesANewSnapshotAndAnOlderRepositoryIsNotTakenBack() throws Exception {
    channels.refresh("rocky");
    Path old = directory.resolve("old");
    Program.of("cp", "-a", directory.resolve("RPMS").toString(), old.toString()).run();
    RpmPackages.build(directory, "alpha", "2", "1.1", "1.el8");
    publish();
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().upgradeOf(installed("2:1.0-1.el8")))
        .contains("2:1.1-1.el8");
    Program.of("cp", "-a", old + "/repodata/.", directory.resolve("RPMS/repodata").toString())
        .run();
    assertThat(channels.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(channels.status().getFirst().notices())
        .containsExactly(DocumentReader.olderThanOurs(repository.uri()));
    publish();
    channels.refresh("rocky");
    assertThat(channels.status().getFirst().notices()).isEmpty();
  }

  @Test
  void whatTheKeyDidNotSignIsRefused() throws Exception {
    Path repomd = directory.resolve("RPMS/repodata/repomd.xml");
    Files.writeString(repomd, Files.readString(repomd) + "<!-- more -->\n");
    assertRefused("is not what key");
    sign(TestKey.simple());
    assertRefused("has no valid signature");
    Files.delete(directory.resolve("RPMS/repodata/repomd.xml.asc"));
    assertRefused("repomd.xml.asc does not exist");
    assertThat(channels.current("rocky")).isEmpty();
  }

  @Test
  void anIndexThatIsNotTheOneThatRepomdNamesIsRefused() throws Exception {
    try (var files = Files.list(directory.resolve("RPMS/repodata"))) {
      Path primary =
          files.filter(f -> f.toString().contains("-primary.xml")).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(primary);
      bytes[bytes.length / 2] ^= 1;
      Files.write(primary, bytes);
    }
    assertRefused("is not the file that the signed index names");
  }

  @Test
  void userAndPasswordGoWithTheRequestsOfARepository() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    repository.overrides.put(
        "/repodata/repomd.xml",
        exchange -> {
          String given = exchange.getRequestHeaders().getFirst("Authorization");
          if (given == null) {
            repository.send(exchange, 401, new byte[0]);
            return true;
          }
          seen.add(given);
          return false;
        });
    assertRefused("put the user and password into the data directory's auth.conf");
    Path file =
        Files.writeString(
            directory.resolve("data/auth.conf"),
            "machine " + repository.uri() + " login user password s3cret\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    channels.refresh("rocky");
    assertThat(seen)
        .containsExactly(
            "Basic " + Base64.getEncoder().encodeToString("user:s3cret".getBytes(UTF_8)));
    try (var files = Files.walk(directory.resolve("data"))) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(each, ISO_8859_1).contains("s3cret"))
            .as(each.toString())
            .isEqualTo(each.endsWith("auth.conf"));
      }
    }
  }

  @Test
  void indexesMayBeCompressedByGzipBzip2OrXz() throws Exception {
    for (String type : List.of("gz", "bz2", "xz")) {
      index("--general-compress-type=" + type);
      channels.refresh("rocky");
      assertThat(channels.current("rocky").orElseThrow().size()).as(type).isEqualTo(1);
    }
  }

  /** Debian's createrepo_c does not write this form, so the index is packed anew. */
  @Test
  void indexesMayBeCompressedByZstd() throws Exception {
    index("--general-compress-type=gz");
    Path repomd = directory.resolve("RPMS/repodata/repomd.xml");
    String text = Files.readString(repomd);
    RepomdFile.Index gzip = RepomdFile.parse("it", text.getBytes(UTF_8)).indexes().get("primary");
    Path old = directory.resolve("RPMS").resolve(gzip.location());
    byte[] content;
    try (InputStream in = new GZIPInputStream(Files.newInputStream(old))) {
      content = in.readAllBytes();
    }
    byte[] zstd = Zstd.compress(content);
    String name = gzip.location().replace(".gz", ".zst");
    Files.write(directory.resolve("RPMS").resolve(name), zstd);
    Files.delete(old);
    Files.writeString(
        repomd,
        text.replace(gzip.location(), name)
            .replace("\">" + gzip.packed().hash(), "\">" + Sha256.of(zstd))
            .replace(
                "<size>" + gzip.packed().size().orElseThrow() + "<", "<size>" + zstd.length + "<"));
    sign(key);
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().size()).isEqualTo(1);
  }

  /** As those of Fedora 30 and later: zchunk beside the usual forms. */
  @Test
  void indexesInChunksBesideTheUsualOnesAreNoConcern() throws Exception {
    index("--zck");
    assertThat(directory.resolve("RPMS/repodata/repomd.xml")).content().contains("primary_zck");
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().size()).isEqualTo(1);
  }

  @Test
  void aRepositoryBySha512IsReadAndItsPackagesAreFetched() throws Exception {
    index("--checksum=sha512");
    channels.refresh("rocky");
    String uri = repository.uri() + "/noarch/alpha-1.0-1.el8.noarch.rpm";
    PackageFile file = channels.current("rocky").orElseThrow().packageFiles(Set.of(uri)).get(uri);
    assertThat(file.hash()).hasSize(128);
    PackageCache cache = new PackageCache(directory.resolve("data"));
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file))
        .hasSameBinaryContentAs(directory.resolve("RPMS/noarch/alpha-1.0-1.el8.noarch.rpm"));
    repository.takeAnswers();
    assertThat(channels.refresh("rocky")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(repository.takeAnswers()).as("nothing but the document").hasSize(2);
  }

  @Test
  void versionsWithACaretAndATildeAreFoundAndFetched() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "1.1^20260101git~1", "1.el8");
    publish();
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    assertThat(snapshot.upgradeOf(installed("2:1.1-1.el8"))).contains("2:1.1^20260101git~1-1.el8");
    String uri = repository.uri() + "/noarch/alpha-1.1^20260101git~1-1.el8.noarch.rpm";
    PackageFile file = snapshot.packageFiles(Set.of(uri)).get(uri);
    PackageCache cache = new PackageCache(directory.resolve("data"));
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file)).hasSize(file.size());
  }

  @Test
  void anOddPackageCostsItselfAndANoticeThatStays() throws Exception {
    RpmPackages.build(directory, "beta", "0", "1.0", "1.el8");
    index("--general-compress-type=gz");
    rewritePrimary(text ->
        text.replaceFirst(
            "(?s)(<name>beta</name>.*?)<checksum type=\"sha256\"", "$1<checksum type=\"md5\""));
    RefreshResult result = channels.refresh("rocky");
    assertThat(result.notices())
        .containsExactly(
            ("1 of the packages of %s cannot be used and is left out: 'beta' 1.0-1.el8 has no"
                    + " SHA-256, SHA-384 or SHA-512")
                .formatted(repository.uri()));
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    assertThat(snapshot.size()).isEqualTo(1);
    assertThat(snapshot.directory().resolve(OddPackages.FILE))
        .hasContent(repository.uri() + "\tbeta\tnoarch\t1.0-1.el8");
    assertThat(channels.refresh("rocky").notices()).isEqualTo(result.notices());
    rewritePrimary(text -> text.replace("type=\"sha256\"", "type=\"md5\""));
    assertRefused("no package of " + repository.uri() + " can be used; the first: ");
  }

  /** A list in the order of downloads would be another snapshot of the same repositories. */
  @Test
  void aSnapshotIsTheSameWhicheverOfItsIndexesHadToCome() throws Exception {
    channels.refresh("rocky");
    RpmPackages.addUpdateinfo(directory.resolve("RPMS"), "alpha", "2", "0.9", "1");
    sign(key);
    String digest = channels.refresh("rocky").digest();
    ChannelStore fresh = new ChannelStore(directory.resolve("fresh"), Clock.systemUTC());
    fresh.add(channel(repository.uri(), key.armored()));
    assertThat(fresh.refresh("rocky").digest()).isEqualTo(digest);
  }

  /** What an index has beside {@code primary} may be unproven, or of an unknown size. */
  @Test
  void anIndexThatNothingProvesIsLeftOutIfItIsNotThatOfThePackages() throws Exception {
    index("--general-compress-type=gz");
    Path repomd = directory.resolve("RPMS/repodata/repomd.xml");
    String text = Files.readString(repomd).replaceAll("<(open-)?size>\\d+</(open-)?size>", "");
    int filelists = text.indexOf("type=\"filelists\"");
    Files.writeString(
        repomd,
        text.substring(0, filelists)
            + text.substring(filelists)
                .replaceFirst("<checksum type=\"sha256\"", "<checksum type=\"sha\""));
    sign(key);
    RefreshResult result = channels.refresh("rocky");
    assertThat(result.notices())
        .singleElement()
        .asString()
        .endsWith("lists the index 'filelists' without a SHA-256 or stronger hash; it is left out");
    assertThat(channels.current("rocky").orElseThrow().size()).isEqualTo(1);
  }

  @Test
  void packagesOfARepositoryOfHotfixesCountWhateverStreamIsChosen() throws Exception {
    RpmPackages.build(directory, "alpha", "2", "2.0", "1.module+el8");
    RpmPackages.build(directory, "alpha", "2", "4.0", "1.hotfix");
    RpmPackages.index(directory.resolve("RPMS"), ++revision);
    RpmPackages.addModules(directory.resolve("RPMS"), MODULES);
    sign(key);
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().upgradeOf(installed("2:0.8-1")))
        .contains("2:2.0-1.module+el8");
    channels.remove("rocky");
    RpmSource hotfixes =
        new RpmSource(
            RpmSource.Locator.BASEURL,
            repository.uri(),
            "x86_64",
            key.armored(),
            true,
            Route.DEFAULT);
    channels.add(new Channel("rocky", "ROCKY_LINUX8", List.of(hotfixes)));
    assertThat(channels.find("rocky").orElseThrow().sources()).containsExactly(hotfixes);
    channels.refresh("rocky");
    Snapshot snapshot = channels.current("rocky").orElseThrow();
    assertThat(snapshot.upgradeOf(installed("2:0.8-1"))).contains("2:4.0-1.hotfix");
    assertThat(snapshot.directory().resolve("repositories"))
        .content()
        .contains(repository.uri() + "\tmodule_hotfixes\t\t\t\n");
  }

  /** Changes the index of packages, and what names it. */
  private void rewritePrimary(UnaryOperator<String> change) throws Exception {
    Path repomd = directory.resolve("RPMS/repodata/repomd.xml");
    String text = Files.readString(repomd);
    RepomdFile.Index old = RepomdFile.parse("it", text.getBytes(UTF_8)).indexes().get("primary");
    byte[] content;
    try (InputStream in =
        old.compression()
            .decompress(Files.newInputStream(directory.resolve("RPMS").resolve(old.location())))) {
      content = change.apply(new String(in.readAllBytes(), UTF_8)).getBytes(UTF_8);
    }
    Files.write(repomd.resolveSibling("primary.xml"), content);
    Files.writeString(
        repomd,
        text.replace(old.location(), "repodata/primary.xml")
            .replace(old.packed().hash(), Sha256.of(content))
            .replace(
                "<size>" + old.packed().size().orElseThrow() + "<",
                "<size>" + content.length + "<"));
    sign(key);
  }

  private void index(String option) throws Exception {
    Program.of(
            "createrepo_c",
            "--quiet",
            "--no-database",
            option,
            "--revision",
            String.valueOf(++revision),
            "--set-timestamp-to-revision",
            directory.resolve("RPMS").toString())
        .run();
    sign(key);
  }

  @Test
  void aRepositoryOfFilesNeedsNoKeyAndOneOverHttpDoes() throws Exception {
    channels.remove("rocky");
    String uri = directory.resolve("RPMS").toUri().toString();
    channels.add(channel(uri, ""));
    assertThat(channels.find("rocky")).contains(channel(uri, ""));
    channels.refresh("rocky");
    assertThat(channels.current("rocky").orElseThrow().size()).isEqualTo(1);
    assertThatThrownBy(() -> channel(repository.uri(), ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("gpgkey: is missing");
  }

  @Test
  void aPlatformGetsPackagesOfItsOwnSystem() {
    RpmSource source = new RpmSource("https://mirror.example/os", "x86_64", "");
    assertThatThrownBy(() -> new Channel("debian", "DEBIAN_12", List.of(source)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sources: must be of kind apt for DEBIAN_12; correct sources or platform");
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> channels.refresh("rocky"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining(why);
  }

  private void publish() throws Exception {
    RpmPackages.index(directory.resolve("RPMS"), ++revision);
    sign(key);
  }

  private void sign(TestKey signer) throws Exception {
    Path repomd = directory.resolve("RPMS/repodata/repomd.xml");
    Files.write(
        repomd.resolveSibling("repomd.xml.asc"), signer.detached(Files.readAllBytes(repomd)));
  }

  private static Channel channel(String baseUrl, String gpgKey) {
    return new Channel("rocky", "ROCKY_LINUX8", List.of(new RpmSource(baseUrl, "x86_64", gpgKey)));
  }

  private static InstalledPackage installed(String version) {
    return new InstalledPackage("alpha", "noarch", version, false);
  }
}
