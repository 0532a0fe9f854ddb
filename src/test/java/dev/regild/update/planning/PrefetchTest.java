package dev.regild.update.planning;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.fetch.PackageCache;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.machine.Program;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.fleet.FleetImages;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrefetchTest {
  private static final Owner ALICE = new Owner("111111111111", "eu-central-1");

  @TempDir Path directory;
  private Database database;
  private TestRepository repository;
  private ChannelStore channels;
  private Inventories inventories;
  private UpdatePlans plans;
  private SnapshotChangelogs known;

  /** More than the downloads that may fail; they are small, so they are read first. */
  private static final List<String> BROKEN =
      IntStream.range(0, 7).mapToObj(i -> "broken-" + i).toList();

  /** A channel with a good package, broken ones, a missing one, a large one, and a kernel. */
  @BeforeEach
  void open() throws Exception {
    HostTools.assumeInstalled("dpkg-deb");
    database = TestDatabases.open(directory.resolve("regild.db"));
    inventories = new Inventories(database);
    channels = new ChannelStore(directory, Clock.systemUTC());
    plans = new UpdatePlans(channels, inventories);
    known = new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC()));
    repository = new TestRepository(Files.createDirectory(directory.resolve("repository")));
    TestKey key = TestKey.simple();
    List<Deb> debs =
        new ArrayList<>(
            List.of(
                deb("openssl", ""),
                deb("meta", "kernel"),
                deb("kernel", ""),
                new Deb("missing", "2"),
                new Deb("large", "2", "amd64", new byte[1 << 20]),
                deb("other", "")));
    BROKEN.forEach(name -> debs.add(new Deb(name, "2")));
    repository.publish(key, Map.of(), debs);
    Files.delete(repository.root.resolve("pool/main/missing/missing_2_amd64.deb"));
    channels.add(new Channel("test", "DEBIAN_12", List.of(repository.source(key))));
    channels.refresh("test");
    new FleetImages(database, inventories)
        .available(
            ALICE,
            "golden",
            "DEBIAN_12",
            Stream.concat(
                    Stream.of("openssl", "meta", "missing", "large", "unheard-of"), BROKEN.stream())
                .map(name -> FleetImages.installed(name, "1"))
                .toList());
  }

  @AfterEach
  void close() {
    repository.close();
    database.close();
  }

  @Test
  void aDryRunKnowsTheCvesOfWhatCouldBePrefetchedAndTheRestIsUnknown() throws Exception {
    assertThat(planned().counts().unknown())
        .containsAll(BROKEN)
        .contains("large", "meta", "missing", "openssl");
    repository.takeAnswers();

    Prefetch.Result result = prefetch(100_000).run(channels.require("test"));
    assertThat(result).isEqualTo(new Prefetch.Result(3, BROKEN.size() + 1, 1));
    assertThat(planned().counts().unknown())
        .containsAll(BROKEN)
        .contains("large", "missing")
        .doesNotContain("meta", "openssl");
    assertThat(planned().sources())
        .filteredOn(each -> BROKEN.contains(each.source()))
        .extracting(SourceFixes::unknown)
        .containsOnly("its package file is damaged");
    assertThat(planned().counts().fixed()).isEqualTo(2);
    // What no image has is not fetched; the kernel is, since its metapackage has no changelog.
    assertThat(repository.takeAnswers())
        .anyMatch(answer -> answer.contains("kernel_2"))
        .noneMatch(answer -> answer.contains("other_2") || answer.contains("large_2"));

    assertThat(prefetch(1 << 30).run(channels.require("test")).read()).isZero();
    assertThat(repository.takeAnswers())
        .as("what was read is not fetched again, nor what is damaged")
        .anyMatch(answer -> answer.contains("missing_2"))
        .noneMatch(answer ->
            answer.contains("openssl_2")
                || answer.contains("kernel_2")
                || answer.contains("broken-0_2"));
  }

  private Prefetch prefetch(long mostBytes) {
    return new Prefetch(
        database,
        plans,
        new Changelogs(database, Clock.systemUTC()),
        known,
        new PackageCache(directory),
        new RoomReservations(),
        directory,
        mostBytes);
  }

  private Fixes planned() {
    UpdatePlans.Offer offer = plans.offerFor("DEBIAN_12");
    String inventory =
        database.read(
            handle -> handle.createQuery("SELECT digest FROM inventory").mapTo(String.class).one());
    UpdatePlan plan = plans.plan(offer, inventory);
    return new PlannedFixes(database, inventories, plans, known)
        .find(offer.snapshot(), inventories.load(inventory), plan);
  }

  /**
   * A package of version 2, which fixes a CVE.
   *
   * @param documents the package that has its changelog; empty if it has one itself
   */
  private Deb deb(String name, String documents) throws Exception {
    Path tree = Files.createDirectory(directory.resolve(name));
    Path docs = Files.createDirectories(tree.resolve("usr/share/doc"));
    if (documents.isEmpty()) {
      Path own = Files.createDirectory(docs.resolve(name));
      try (OutputStream out =
          new GZIPOutputStream(Files.newOutputStream(own.resolve("changelog.Debian.gz")))) {
        out.write(
            """
            %s (2) stable; urgency=high

              * Fix CVE-2026-%d

             -- A <a@example.org>  Wed, 21 Oct 2026 16:54:24 +0700

            %1$s (1) stable; urgency=high

              * Initial release

             -- A <a@example.org>  Wed, 21 Oct 2025 16:54:24 +0700
            """
                .formatted(name, 1000 + name.length())
                .getBytes(UTF_8));
      }
    } else {
      Files.createSymbolicLink(docs.resolve(name), Path.of(documents));
    }
    Files.writeString(
        Files.createDirectory(tree.resolve("DEBIAN")).resolve("control"),
        "Package: %s\nVersion: 2\nSource: %s\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: x\n"
            .formatted(name, documents.isEmpty() ? name : documents));
    Path file = directory.resolve(name + ".deb");
    Program.of(
            "dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "-b", tree.toString(), file.toString())
        .run();
    return new Deb(name, "2", "amd64", Files.readAllBytes(file));
  }
}
