package dev.regild.update.verdict;

import static dev.regild.update.verdict.Fleet.OWNER;
import static dev.regild.update.verdict.Fleet.PLATFORM;
import static dev.regild.update.verdict.Fleet.installed;
import static dev.regild.update.verdict.Fleet.inventory;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.NamedCve;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.Pin;
import dev.regild.plan.UpdatePolicy;
import dev.regild.update.verdict.StatusQuery.Place;
import dev.regild.update.verdict.StatusQuery.Sort;
import dev.regild.update.verdict.StatusQuery.Standing;
import dev.regild.update.verdict.Verdict.Changes;
import dev.regild.update.verdict.Verdict.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class JudgingTest {
  @TempDir Path data;
  private Database database;
  private TestKey key;
  private TestRepository repository;
  private ChannelStore channels;
  private Fleet fleet;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectory(data.resolve("repository")));
    channels = new ChannelStore(data, Clock.systemUTC());
    fleet = new Fleet(database, channels);
  }

  @AfterEach
  void close() {
    repository.close();
    database.close();
  }

  private void offer(String day, Deb... debs) throws Exception {
    repository.publish(key, Map.of("Date", day + " 00:00:00 UTC"), List.of(debs));
    if (channels.find("test").isEmpty()) {
      channels.add(new Channel("test", PLATFORM, List.of(repository.source(key))));
    }
    var _ = channels.refresh("test");
  }

  private Verdict verdict(String image) {
    return database.read(handle ->
        Verdicts.find(handle, Images.require(handle, OWNER, image).disk().orElseThrow().inventory())
            .orElseThrow());
  }

  private List<String> names(StatusQuery query) {
    return database.read(handle -> Statuses.list(handle, query)).stream()
        .map(each -> each.status().name())
        .toList();
  }

  private static StatusQuery sortedBy(Sort sort) {
    return new StatusQuery(
        OWNER,
        Optional.empty(),
        Optional.empty(),
        false,
        sort,
        sort.usuallyDescending(),
        Optional.empty(),
        100);
  }

  @Test
  void imagesAreJudgedAgainWhenASnapshotArrivesAndNotOtherwise() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-1"));
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    fleet.add(OWNER, "copy", inventory(PLATFORM, installed("bash", "5.2-1")));

    assertThat(fleet.judging.look()).as("distinct inventories").isEqualTo(1);
    assertThat(verdict("golden").state()).isEqualTo(State.CURRENT);
    assertThat(verdict("golden").outdatedSince()).isEmpty();
    assertThat(fleet.judging.look()).isZero();

    offer("Tue, 03 Feb 2026", new Deb("bash", "5.2-2"));
    assertThat(fleet.judging.look()).isEqualTo(1);
    Verdict outdated = verdict("copy");
    assertThat(outdated.state()).isEqualTo(State.OUTDATED);
    assertThat(outdated.changes()).isEqualTo(new Changes(1, 0));
    assertThat(outdated.snapshot()).isEqualTo(channels.current("test").map(it -> it.digest()));
    assertThat(outdated.fixable().unknown()).isEqualTo(1);
    Instant since = outdated.outdatedSince().orElseThrow();
    assertThat(since.toEpochMilli())
        .isEqualTo(channels.current("test").orElseThrow().createdAt().toEpochMilli());

    offer("Wed, 04 Feb 2026", new Deb("bash", "5.2-3"));
    assertThat(fleet.judging.look()).isEqualTo(1);
    assertThat(verdict("copy").outdatedSince()).contains(since);
    assertThat(verdict("copy").snapshot()).isNotEqualTo(outdated.snapshot());
  }

  @Test
  void anImageWithoutAChannelIsUnknownUntilThereIsOne() throws Exception {
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    assertThat(fleet.judging.look()).isEqualTo(1);
    assertThat(verdict("golden").state()).isEqualTo(State.UNKNOWN);
    assertThat(verdict("golden").reason()).contains("regild channel add");

    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-2"));
    assertThat(fleet.judging.look()).isEqualTo(1);
    assertThat(verdict("golden").state()).isEqualTo(State.OUTDATED);
    assertThat(verdict("golden").reason()).isEmpty();
  }

  /** Else "out of date since" would begin anew with every typing error in a channel's file. */
  @Test
  void theTimeSinceWhenSurvivesAChannelThatCanNotBeUsed() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-2"));
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    fleet.judging.look();
    Optional<Instant> since = verdict("golden").outdatedSince();
    Path file = channels.directory().resolve("test.yaml");
    String content = Files.readString(file);

    Files.writeString(file, content + "typing-error: 1\n");
    fleet.judging.look();
    assertThat(verdict("golden").state()).isEqualTo(State.UNKNOWN);
    assertThat(verdict("golden").outdatedSince()).isEmpty();

    Files.writeString(file, content);
    fleet.judging.look();
    assertThat(verdict("golden").outdatedSince()).isPresent().isEqualTo(since);
  }

  /** The judge asks about each package once for all inventories; their owners differ. */
  @Test
  void eachInventoryIsJudgedAsAnUpdateOfItWouldBePlanned() throws Exception {
    offer(
        "Mon, 02 Feb 2026", new Deb("bash", "5.2-2"), new Deb("dash", "0.6"), new Deb("tar", "2"));
    InstalledPackage bash = installed("bash", "5.2-1");
    InstalledPackage dash = installed("dash", "0.5");
    fleet.add(OWNER, "both", inventory(PLATFORM, bash, dash));
    fleet.add(OWNER, "one", inventory(PLATFORM, bash, installed("dash", "0.6")));
    fleet.add(
        OWNER,
        "held",
        inventory(PLATFORM, bash, new InstalledPackage("dash", "amd64", "0.5", true)));
    fleet.add(OWNER, "none", inventory(PLATFORM, installed("own", "1")));
    Inventory plain = inventory(PLATFORM, bash, dash);
    fleet.add(
        OWNER,
        "pinned",
        new Inventory(
            plain.os(),
            plain.architecture(),
            plain.packages(),
            Collections.emptySortedMap(),
            UpdatePolicy.ofApt(
                "", List.of(new Pin("bash", Pin.Kind.VERSION, "5.2-1", 1001, "own")))));

    assertThat(fleet.judging.look()).isEqualTo(5);
    assertThat(verdict("both").changes().all()).isEqualTo(2);
    assertThat(verdict("one").changes().all()).isEqualTo(1);
    assertThat(verdict("held").changes().all()).isEqualTo(1);
    assertThat(verdict("none").state()).isEqualTo(State.CURRENT);
    assertThat(verdict("pinned").changes().all()).isEqualTo(1);
  }

  @Test
  void aChangelogThatAnUpdateHasReadCompletesTheVerdicts() throws Exception {
    Deb deb = new Deb("bash", "5.2-2");
    offer("Mon, 02 Feb 2026", deb);
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    fleet.judging.look();
    assertThat(verdict("golden").fixable()).isEqualTo(new Verdict.Fixable(0, 0, 1));

    new Changelogs(database, Clock.systemUTC()).keep(Map.of(Sha256.of(deb.content()), changelog()));
    Judging restarted = fleet.anotherJudge();
    assertThat(restarted.look()).isEqualTo(1);
    assertThat(verdict("golden").fixable()).isEqualTo(new Verdict.Fixable(1, 0, 0));
    assertThat(restarted.look()).isZero();
  }

  @Test
  void aDamagedInventoryIsUnknownAndKeepsNoOtherFromBeingJudged() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-2"));
    fleet.add(OWNER, "damaged", inventory(PLATFORM, installed("bash", "5.2-0")));
    database.useTransaction(handle ->
        handle.execute(
            "UPDATE inventory SET compressed_json = ?",
            (Object) Zstd.compress("{}".getBytes(UTF_8))));
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    assertThat(fleet.judging.look()).isEqualTo(2);
    assertThat(verdict("damaged").state()).isEqualTo(State.UNKNOWN);
    assertThat(verdict("damaged").reason()).contains("is damaged");
    assertThat(verdict("golden").state()).isEqualTo(State.OUTDATED);
    assertThat(fleet.judging.look()).isZero();
  }

  /** As of a file that was written over; the library that unpacks it has its own exception. */
  @Test
  void anInventoryThatCanNotBeUnpackedKeepsNoOtherFromBeingJudged() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-2"));
    fleet.add(OWNER, "damaged", inventory(PLATFORM, installed("bash", "5.2-0")));
    database.useTransaction(handle ->
        handle.execute("UPDATE inventory SET compressed_json = ?", (Object) new byte[] {1, 2, 3}));
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    assertThat(fleet.judging.look()).isEqualTo(2);
    assertThat(verdict("damaged").state()).isEqualTo(State.UNKNOWN);
    assertThat(verdict("damaged").reason()).contains("is damaged");
    assertThat(verdict("golden").state()).isEqualTo(State.OUTDATED);
    assertThat(fleet.judging.look()).isZero();
  }

  /** PostgreSQL refuses rows of an index that are longer than 2,704 bytes. */
  @Test
  void aPackageWithLongTextsIsJudgedAsAnyOther() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("bash", "5.2-2"));
    Random random = new Random(1);
    PackageOrigin origin =
        new PackageOrigin(thousand(random), thousand(random), "", "", thousand(random));
    fleet.add(OWNER, "long", inventory(PLATFORM, installed("bash", "5.2-1").from(origin)));
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    assertThat(fleet.judging.look()).isEqualTo(2);
    assertThat(verdict("long").state()).isEqualTo(State.OUTDATED);
    assertThat(verdict("golden").state()).isEqualTo(State.OUTDATED);

    offer("Tue, 03 Feb 2026", new Deb("bash", "5.2-1"));
    assertThat(fleet.anotherJudge().look()).as("from the stored form").isEqualTo(2);
    assertThat(verdict("long").state()).isEqualTo(State.CURRENT);
  }

  private static String thousand(Random random) {
    return random
        .ints(1000, '0', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @Test
  void aVerdictGoesWithItsInventory() throws Exception {
    fleet.add(OWNER, "golden", inventory(PLATFORM, installed("bash", "5.2-1")));
    fleet.judging.look();
    database.useTransaction(handle -> {
      handle.execute("DELETE FROM image");
      handle.execute("DELETE FROM inventory");
    });
    assertThat(database.read(Verdicts::bases)).isEmpty();
    assertThat(fleet.judging.look()).isZero();
  }

  @Test
  void imagesAreListedByWhatWantsALookFirst() throws Exception {
    Owner other = new Owner("222222222222", OWNER.region());
    offer("Mon, 02 Feb 2026", new Deb("a", "1"), new Deb("b", "1"), new Deb("c", "2"));
    fleet.add(OWNER, "few", inventory(PLATFORM, installed("a", "1"), installed("c", "1")));
    fleet.add(OWNER, "current", inventory(PLATFORM, installed("a", "1")));
    fleet.add(OWNER, "strange", inventory("DEBIAN_11", installed("a", "1")));
    fleet.add(other, "foreign", inventory(PLATFORM, installed("a", "0")));
    fleet.judging.look();
    offer("Tue, 03 Feb 2026", new Deb("a", "1"), new Deb("b", "2"), new Deb("c", "3"));
    fleet.add(OWNER, "many", inventory(PLATFORM, installed("b", "1"), installed("c", "1")));
    fleet.judging.look();
    fleet.add(OWNER, "new", inventory(PLATFORM, installed("a", "3")));

    assertThat(names(sortedBy(Sort.NAME)))
        .containsExactly("current", "few", "many", "new", "strange");
    assertThat(names(sortedBy(Sort.OUT_OF_DATE_SINCE)).subList(0, 2))
        .containsExactly("few", "many");
    assertThat(names(sortedBy(Sort.CHANGES)).subList(0, 2)).containsExactly("many", "few");
    for (Standing each : Standing.values()) {
      StatusQuery all = sortedBy(Sort.NAME);
      assertThat(
              names(
                  new StatusQuery(
                      OWNER,
                      Optional.of(each),
                      all.platform(),
                      false,
                      all.sort(),
                      false,
                      all.after(),
                      9)))
          .as(each.name())
          .isEqualTo(
              switch (each) {
                case CURRENT -> List.of("current");
                case OUTDATED -> List.of("few", "many");
                case UNKNOWN -> List.of("strange");
                case NOT_JUDGED -> List.of("new");
              });
    }
    assertThat(
            database.<Statuses.Summary, RuntimeException>read(
                handle -> Statuses.summary(handle, OWNER)))
        .isEqualTo(new Statuses.Summary(5, 1, 2, 1, 1, 0));
  }

  /** Page by page they are the same images, in both directions, none twice. */
  @Test
  void pagesFollowEachOtherWhateverTheySortBy() throws Exception {
    offer("Mon, 02 Feb 2026", new Deb("a", "9"), new Deb("b", "9"));
    for (int i = 0; i < 7; i++) {
      fleet.add(
          OWNER,
          "image-" + i,
          i % 3 == 0
              ? inventory(PLATFORM, installed("a", "9"), installed("own", "" + i))
              : inventory(PLATFORM, installed("a", "1"), installed("b", "" + (i % 2 * 8 + 1))));
    }
    fleet.judging.look();
    for (Sort sort : Sort.values()) {
      for (boolean descending : new boolean[] {false, true}) {
        List<String> paged = new ArrayList<>();
        Optional<Place> after = Optional.empty();
        do {
          StatusQuery query =
              new StatusQuery(
                  OWNER,
                  Optional.empty(),
                  Optional.of(PLATFORM),
                  false,
                  sort,
                  descending,
                  after,
                  2);
          List<Statuses.Placed> page = database.read(handle -> Statuses.list(handle, query));
          page.forEach(each -> paged.add(each.status().name()));
          after = page.isEmpty() ? Optional.empty() : Optional.of(page.getLast().key());
        } while (after.isPresent());
        StatusQuery whole =
            new StatusQuery(
                OWNER,
                Optional.empty(),
                Optional.empty(),
                false,
                sort,
                descending,
                Optional.empty(),
                100);
        assertThat(paged).as(sort + " " + descending).hasSize(7).isEqualTo(names(whole));
      }
    }
  }

  private static Changelog changelog() {
    ChangelogEntry entry =
        new ChangelogEntry(
            "bash", "5.2-2", List.of(new NamedCve("CVE-2026-1234", true, "fix CVE-2026-1234")));
    return new Changelog("bash", "5.2-2", "bash", "5.2-2", "", "", entry, true, List.of(entry));
  }
}
