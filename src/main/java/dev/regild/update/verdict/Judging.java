package dev.regild.update.verdict;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.regild.channel.ChannelFile;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.feed.CveCounter;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.feed.PlatformFacts;
import dev.regild.feed.ReleaseSupport;
import dev.regild.feed.SupportFiles;
import dev.regild.files.Sha256;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.plan.InstalledPackage;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.planning.UpdatePlans.Offer;
import dev.regild.update.verdict.Judge.Comparison;
import dev.regild.update.verdict.Verdicts.Due;
import dev.regild.update.verdict.Verdicts.Judged;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the verdicts on all images true: judges each inventory that has none, and each that was
 * judged by something else than what holds now, such as an earlier snapshot. It compares what is
 * stored with what holds, so no change is missed, whichever process makes it. Opens no disk.
 */
public final class Judging {
  private static final Logger LOG = LoggerFactory.getLogger(Judging.class);

  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(3);

  private static final String TURN = "judging";

  /** An update may read changelogs that tell more about many images. */
  private static final Duration BETWEEN_CHANGELOGS = Duration.ofMinutes(1);

  /** Inventories that are in memory at one time, and whose verdicts are written together. */
  private static final int BATCH = 1000;

  private final Database database;
  private final Inventories inventories;
  private final UpdatePlans plans;
  private final PlannedFixes plannedFixes;
  private final FeedStore feeds;
  private final SupportFiles supportFiles;
  private final Clock clock;
  private final Turns turns;

  /** When the newest changelog was read, and when we last asked, in milliseconds. */
  private long changelogsAt;

  private long changelogsAskedAt;

  public Judging(
      Database database,
      Inventories inventories,
      UpdatePlans plans,
      PlannedFixes plannedFixes,
      FeedStore feeds,
      SupportFiles supportFiles,
      Turns turns,
      Clock clock) {
    this.database = database;
    this.inventories = inventories;
    this.plans = plans;
    this.plannedFixes = plannedFixes;
    this.feeds = feeds;
    this.supportFiles = supportFiles;
    this.clock = clock;
    this.turns = turns;
  }

  /** Returns the work of looking every few seconds, not started yet. */
  public RecurringWork work() {
    return RecurringWork.computing(TURN, RecurringWork.Pauses.of(BETWEEN_LOOKS), turns, this::look);
  }

  /**
   * What the images of a platform are judged by.
   *
   * @param ring that they follow; empty if they follow the repositories
   * @param offer what their channel has; empty if it can't be used
   * @param refusal why it can't be used
   * @param facts what the feeds say
   * @param support until when it is supported
   * @param basis stands for all of it
   */
  private record Standard(
      String platform,
      Optional<Ring> ring,
      Optional<Offer> offer,
      String refusal,
      PlatformFacts facts,
      ReleaseSupport support,
      String basis) {}

  /**
   * Judges every inventory that has to be judged. For one thread.
   *
   * @return how many were judged
   */
  public int look() throws InterruptedException {
    long started = System.nanoTime();
    askForChangelogs();
    int judged = 0;
    Map<String, List<String>> bases = database.read(Verdicts::bases);
    for (Map.Entry<String, List<String>> each : bases.entrySet()) {
      Standard standard = standard(each.getKey());
      if (!each.getValue().equals(List.of(standard.basis()))) {
        judged += judgeAgain(standard);
      }
    }
    judged += judgeNew();
    judged += judgeRings();
    if (judged > 0) {
      LOG.atInfo()
          .addKeyValue("inventories", judged)
          .addKeyValue("millis", (System.nanoTime() - started) / 1_000_000)
          .log("images judged");
    }
    return judged;
  }

  private void askForChangelogs() {
    long now = clock.millis();
    if (now - changelogsAskedAt < BETWEEN_CHANGELOGS.toMillis()) {
      return;
    }
    changelogsAskedAt = now;
    long newest = database.read(Changelogs::newest);
    if (newest != changelogsAt) {
      changelogsAt = newest;
      var _ = database.inTransaction(handle -> Verdicts.forgetIncomplete(handle, newest));
    }
  }

  private Standard standard(String platform) {
    return standard(platform, Optional.empty());
  }

  private Standard standard(String platform, Optional<Ring> ring) {
    PlatformFacts facts = feeds.facts(platform);
    ReleaseSupport support = supportFiles.of(platform);
    // The support of packages ends on some day.
    String besides =
        String.join("\n", facts.basis(), support.basis(), LocalDate.now(clock).toString());
    try {
      Offer offer =
          ring.isPresent() ? plans.offerFor(platform, ring.get()) : plans.offerFor(platform);
      return new Standard(
          platform,
          ring,
          Optional.of(offer),
          "",
          facts,
          support,
          digest(ChannelFile.write(offer.channel()), offer.snapshot().digest(), besides));
    } catch (RefusedException e) {
      String why = String.valueOf(e.getMessage());
      return new Standard(
          platform, ring, Optional.empty(), why, facts, support, digest(why, besides));
    }
  }

  private static String digest(String... parts) {
    return Sha256.of(String.join("\n\n", parts).getBytes(UTF_8));
  }

  private int judgeAgain(Standard standard) throws InterruptedException {
    PlatformJudge judge = new PlatformJudge(standard);
    int judged = 0;
    while (true) {
      List<String> due =
          database.read(
              handle -> Verdicts.outdated(handle, standard.platform(), standard.basis(), BATCH));
      int now = due.isEmpty() ? 0 : judge.judge(due);
      if (now == 0) {
        return judged;
      }
      judged += now;
    }
  }

  /** Judges the images that follow rings, each by the snapshot that its ring stands on. */
  private int judgeRings() throws InterruptedException {
    int judged = 0;
    for (RingRecords.Followed each : database.read(RingRecords::followed)) {
      Standard standard = standard(each.platform(), Optional.of(each.ring()));
      PlatformJudge judge = new PlatformJudge(standard);
      while (true) {
        List<String> due =
            database.read(handle ->
                Verdicts.outdated(handle, each.ring(), each.platform(), standard.basis(), BATCH));
        int now = due.isEmpty() ? 0 : judge.judge(due);
        if (now == 0) {
          break;
        }
        judged += now;
      }
    }
    return judged;
  }

  private int judgeNew() throws InterruptedException {
    Map<String, PlatformJudge> judges = new HashMap<>();
    int judged = 0;
    while (true) {
      List<Due> due = database.read(handle -> Verdicts.unjudged(handle, BATCH));
      int now = 0;
      Map<String, List<String>> byPlatform =
          due.stream().collect(groupingBy(Due::platform, mapping(Due::inventory, toList())));
      for (Map.Entry<String, List<String>> each : byPlatform.entrySet()) {
        now +=
            judges
                .computeIfAbsent(each.getKey(), platform -> new PlatformJudge(standard(platform)))
                .judge(each.getValue());
      }
      if (now == 0) {
        return judged;
      }
      judged += now;
    }
  }

  /** Judges inventories of one platform, part by part. */
  private final class PlatformJudge {
    private final Standard standard;
    private final Optional<Judge> judge;
    private final Optional<CveCounter> openCves;

    /** Of the sources seen so far. */
    private final Map<String, Boolean> unsupported = new HashMap<>();

    private final PackageForms forms = new PackageForms(database, inventories);

    private PlatformJudge(Standard standard) {
      this.standard = standard;
      this.judge = standard.offer().map(offer -> new Judge(offer, plannedFixes));
      this.openCves =
          PackageSystems.installed()
              .find(standard.platform())
              .map(system -> new OpenCves(standard.facts(), system.family(), system.notes()))
              .map(CveCounter::new);
    }

    /** Returns how many verdicts were written. */
    private int judge(List<String> digests) throws InterruptedException {
      requireUninterrupted();
      if (!turns.take(TURN)) {
        // This node was away for long, and another one goes on.
        return 0;
      }
      if (forms.forgetMany()) {
        unsupported.clear();
        judge.ifPresent(Judge::forget);
        openCves.ifPresent(CveCounter::forget);
      }
      List<Judged> verdicts = verdicts(digests);
      // What an interruption made fail says nothing of an image.
      requireUninterrupted();
      return database.inTransaction(handle ->
          standard.ring().isPresent()
              ? Verdicts.write(handle, standard.ring().get(), verdicts)
              : Verdicts.write(handle, verdicts));
    }

    private static void requireUninterrupted() throws InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while images are judged");
      }
    }

    private List<Judged> verdicts(List<String> digests) throws InterruptedException {
      try {
        return together(digests);
      } catch (DatabaseUnavailableException e) {
        throw e;
      } catch (RuntimeException | StackOverflowError e) {
        return eachByItself(digests);
      }
    }

    private List<Judged> together(List<String> digests) {
      List<Judged> verdicts = new ArrayList<>();
      Map<String, Inventory> loaded = forms.load(digests);
      Map<String, Comparison> compared = judge.map(it -> it.compare(loaded)).orElse(Map.of());
      loaded.forEach((digest, inventory) ->
          verdicts.add(
              verdict(
                  digest,
                  compared.getOrDefault(digest, Comparison.UNKNOWN),
                  standard.refusal(),
                  openCves.flatMap(it -> it.count(inventory.packages())),
                  unsupported(inventory))));
      return verdicts;
    }

    /** One that can't be judged is unknown, and keeps no other from being judged. */
    private List<Judged> eachByItself(List<String> digests) throws InterruptedException {
      List<Judged> verdicts = new ArrayList<>();
      for (String digest : digests) {
        requireUninterrupted();
        try {
          verdicts.addAll(together(List.of(digest)));
        } catch (DatabaseUnavailableException e) {
          throw e;
        } catch (RuntimeException | StackOverflowError e) {
          LOG.atWarn()
              .addKeyValue("inventory", digest)
              .addKeyValue("reason", e.toString())
              .log("an inventory cannot be judged");
          verdicts.add(
              verdict(
                  digest,
                  Comparison.UNKNOWN,
                  refusal(digest, e),
                  Optional.empty(),
                  Optional.empty()));
        }
      }
      return verdicts;
    }

    /** The message of other exceptions may quote all that an image contains. */
    private static String refusal(String digest, Throwable e) {
      return e instanceof IllegalStateException
          ? String.valueOf(e.getMessage())
          : "The inventory %s can't be judged (%s). Report it with what the server's log says of it."
              .formatted(digest, e.getClass().getSimpleName());
    }

    /** Counts the source packages without, or with limited, support. */
    private Optional<Integer> unsupported(Inventory inventory) {
      if (standard.support().packages().isEmpty()) {
        return Optional.empty();
      }
      Set<String> found = new HashSet<>();
      for (InstalledPackage each : inventory.packages()) {
        if (unsupported.computeIfAbsent(each.sourceName(), this::isUnsupported)) {
          found.add(each.sourceName());
        }
      }
      return Optional.of(found.size());
    }

    private boolean isUnsupported(String source) {
      return standard
          .support()
          .unsupported(List.of(source), clock.instant())
          .filter(found -> !found.isEmpty())
          .isPresent();
    }

    private Judged verdict(
        String digest,
        Comparison compared,
        String reason,
        Optional<OpenCves.Counts> open,
        Optional<Integer> unsupported) {
      return new Judged(
          digest,
          standard.platform(),
          standard.basis(),
          changelogsAt,
          new Verdict(
              compared.state(),
              reason,
              clock.instant(),
              standard.offer().map(offer -> offer.snapshot().digest()),
              standard
                  .offer()
                  .filter(_ -> compared.state() == Verdict.State.OUTDATED)
                  .map(offer -> offer.snapshot().createdAt()),
              compared.changes(),
              compared.fixable(),
              open.map(
                  it -> new Verdict.Open(it.open(), it.kernel(), it.wontFix(), it.exploited())),
              new Verdict.Support(
                  standard.support().ends(), standard.support().longTermEnds(), unsupported)));
    }
  }
}
