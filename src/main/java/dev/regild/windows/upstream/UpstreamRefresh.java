package dev.regild.windows.upstream;

import dev.regild.channel.ChannelException;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.MissingFileException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.FileTree;
import dev.regild.windows.catalogue.FollowedPackages;
import dev.regild.windows.catalogue.OfferedUpdates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Asks a server what is new, reads the documents that are not known yet, and selects. What was read
 * is kept, so that a refresh that was cut off goes on where it was, and one with nothing new makes
 * five requests.
 */
public final class UpstreamRefresh {
  private final WsusSource source;
  private final String platform;
  private final Path directory;
  private final Transport transport;
  private final Clock clock;
  private final RefreshOptions options;
  private final List<Duration> pauses;
  private final int mostRevisions;

  /** Removes the drivers that a server which is no source any more has left. */
  public static void removeDrivers(Path directory) throws ChannelException, IOException {
    FollowedPackages.open(directory).keepOnly(DriverFollow.ORIGIN, Set.of());
  }

  /**
   * @param platform of the images
   * @param directory of the channel's catalogue; the caller holds the channel's lock
   */
  public UpstreamRefresh(
      WsusSource source,
      String platform,
      Path directory,
      Transport transport,
      Clock clock,
      RefreshOptions options) {
    this(
        source,
        platform,
        directory,
        transport,
        clock,
        options,
        Session.PAUSES,
        ServerSync.MOST_REVISIONS);
  }

  /**
   * @param pauses after which a server that is busy is asked again
   * @param mostRevisions that are followed, with those that bundles name as their parts
   */
  UpstreamRefresh(
      WsusSource source,
      String platform,
      Path directory,
      Transport transport,
      Clock clock,
      RefreshOptions options,
      List<Duration> pauses,
      int mostRevisions) {
    this.source = source;
    this.platform = platform;
    this.directory = directory;
    this.transport = transport.by(route(source));
    this.clock = clock;
    this.options = options;
    this.pauses = pauses;
    this.mostRevisions = mostRevisions;
  }

  /** Returns how the server is reached: only Microsoft's has Microsoft's own authority. */
  static Route route(WsusSource source) {
    return source.isMicrosoft() && source.route().authority().isEmpty()
        ? new Route(source.route().proxy(), Route.MICROSOFT)
        : source.route();
  }

  /**
   * What a refresh came to.
   *
   * @param updates for the snapshot
   * @param notices what the operator should know
   */
  public record Outcome(OfferedUpdates updates, List<String> notices) {
    public Outcome {
      notices = List.copyOf(notices);
    }
  }

  /**
   * Runs.
   *
   * @throws ChannelException if the server can't be used; what was read until then is kept
   */
  public Outcome run() throws ChannelException, FetchException, IOException, InterruptedException {
    Files.createDirectories(directory);
    FileTree.removeChildren(directory, DocumentFetch.WORK);
    FactStore facts = FactStore.open(directory);
    UpstreamState state = UpstreamState.read(directory, source.url());
    Optional<Recording> recording = Optional.empty();
    if (options.recording().isPresent()) {
      recording = Optional.of(Recording.in(options.recording().get()));
    }
    ServerSync server = new ServerSync(source.root(), transport, recording);
    Session session = new Session(server, state.account(), pauses);
    try {
      Outcome outcome = run(state, facts, server, session);
      facts.finish();
      return outcome;
    } catch (MissingFileException e) {
      facts.finish();
      // A mirror is read again then, as it may be changing. This is another server's address.
      throw new FetchException(String.valueOf(e.getMessage()), e);
    } catch (ChannelException | FetchException | IOException e) {
      facts.finish();
      throw e;
    } catch (SyncFault fault) {
      facts.finish();
      throw new ChannelException(
          "%s did not answer as expected: %s; %s"
              .formatted(source.url(), fault.getMessage(), remedy(fault)),
          fault);
    }
  }

  private static String remedy(SyncFault fault) {
    return fault.is(SyncFault.SERVER_BUSY)
        ? "try again later"
        : "check that it is a WSUS that downstream servers may use; regild channel refresh NAME"
            + " --record DIR shows what it says";
  }

  private Outcome run(UpstreamState before, FactStore facts, ServerSync server, Session session)
      throws SyncFault, ChannelException, FetchException, IOException, InterruptedException {
    report("asking " + source.url());
    ServerSettings settings = session.call(server::settings);
    Reading reading = new Reading(facts, server, session, settings);
    UpstreamState state;
    try {
      state = reading.of(before);
    } catch (SyncFault fault) {
      boolean again =
          fault.is(SyncFault.SERVER_CHANGED)
              || (fault.is(SyncFault.INVALID_PARAMETERS) && !before.anchor().isEmpty());
      if (!again) {
        throw fault;
      }
      state = reading.of(before.withoutAnchor());
    }
    report("selecting");
    List<UpdateFacts> listed = listed(state, facts);
    Selection.Result selected = Selection.of(source, settings.catalogueOnly(), listed);
    DriverFollow.Result drivers =
        new DriverFollow(
                source, platform, directory, transport, facts, server, session, settings, options)
            .run(state.missing());
    state.with(selected, drivers, clock.instant()).write(directory);
    List<String> notices = new ArrayList<>(notices(listed));
    notices.addAll(drivers.notices());
    return new Outcome(
        new OfferedUpdates(source.url(), source.signedBy(), selected.offered()), notices);
  }

  /** Returns what is known of the listed revisions, and of the very parts of bundles. */
  private static List<UpdateFacts> listed(UpstreamState state, FactStore facts) {
    Set<RevisionId> ids = new LinkedHashSet<>();
    state.listed().forEach((id, revision) -> ids.add(new RevisionId(id, revision)));
    List<UpdateFacts> listed = new ArrayList<>();
    for (RevisionId id : List.copyOf(ids)) {
      Optional.ofNullable(facts.find(id)).ifPresent(each -> ids.addAll(each.bundled()));
    }
    ids.forEach(id -> Optional.ofNullable(facts.find(id)).ifPresent(listed::add));
    return listed;
  }

  private List<String> notices(List<UpdateFacts> listed) {
    List<UpdateFacts> unreadable =
        listed.stream().filter(each -> each.type().equals(UpdateFacts.UNREADABLE)).toList();
    return unreadable.isEmpty()
        ? List.of()
        : List.of(
            "%d documents of %s can't be read, and their updates are not offered; the first is %s: %s"
                .formatted(
                    unreadable.size(),
                    source.url(),
                    unreadable.getFirst().id(),
                    unreadable.getFirst().refusal()));
  }

  private void report(String doing) {
    options.onProgress().accept(new Progress(doing, 0, 0));
  }

  /** What is listed since an anchor, and its documents. */
  private final class Reading {
    private final FactStore facts;
    private final ServerSync server;
    private final Session session;
    private final ServerSettings settings;

    Reading(FactStore facts, ServerSync server, Session session, ServerSettings settings) {
      this.facts = facts;
      this.server = server;
      this.session = session;
      this.settings = settings;
    }

    UpstreamState of(UpstreamState before)
        throws SyncFault, FetchException, IOException, InterruptedException {
      boolean known = isAnchorFor(before);
      RevisionList list =
          session.call(cookie ->
              server.revisions(
                  cookie,
                  known ? before.anchor() : "",
                  deltas(source.productIds(), known),
                  deltas(source.classificationIds(), known)));
      SortedMap<UUID, Integer> listed = new TreeMap<>(before.listed());
      list.revisions().forEach(each -> listed.merge(each.update(), each.revision(), Math::max));
      requireFew(listed.size());
      Set<RevisionId> missing = new HashSet<>(before.missing());
      // What the server lists again, it may have now.
      list.revisions().forEach(missing::remove);
      Set<RevisionId> again = isDueAgain(before) ? someOf(missing) : Set.of();
      fetch(wanted(listed, missing), missing);
      missing.removeAll(again);
      fetch(again, missing);
      // A part of a bundle may be of a revision that is not listed.
      fetch(parts(listed, missing), missing);
      return new UpstreamState(
          before.server(),
          before.account(),
          list.anchor(),
          source.productIds(),
          source.classificationIds(),
          listed,
          missing,
          before.refreshedAt(),
          before.leftOut());
    }

    /** A server that was in trouble may have them now. */
    private boolean isDueAgain(UpstreamState before) {
      return !before.refreshedAt().isEmpty()
          && week(Instant.parse(before.refreshedAt())) != week(clock.instant());
    }

    /** No more than a server may miss: others in each week, so that each has its turn. */
    private Set<RevisionId> someOf(Set<RevisionId> missing) {
      List<RevisionId> all = new ArrayList<>(missing);
      all.sort(Comparator.comparing(RevisionId::toString));
      long before = Math.max(0, week(clock.instant())) * DocumentFetch.MOST_FAILURES;
      Collections.rotate(all, -Math.toIntExact(before % Math.max(1, all.size())));
      return new LinkedHashSet<>(all.subList(0, Math.min(DocumentFetch.MOST_FAILURES, all.size())));
    }

    private static long week(Instant at) {
      return Math.floorDiv(at.getEpochSecond(), Duration.ofDays(7).toSeconds());
    }

    private void fetch(Set<RevisionId> wanted, Set<RevisionId> missing)
        throws SyncFault, FetchException, IOException, InterruptedException {
      if (!wanted.isEmpty()) {
        missing.addAll(
            new DocumentFetch(server, session, facts, directory, options)
                .run(wanted, settings.mostUpdates()));
      }
    }

    private Set<RevisionId> wanted(Map<UUID, Integer> listed, Set<RevisionId> missing) {
      Set<RevisionId> wanted = new LinkedHashSet<>();
      listed.forEach((id, revision) -> {
        RevisionId each = new RevisionId(id, revision);
        if (!facts.has(each) && !missing.contains(each)) {
          wanted.add(each);
        }
      });
      return wanted;
    }

    private Set<RevisionId> parts(SortedMap<UUID, Integer> listed, Set<RevisionId> missing)
        throws FetchException {
      Set<RevisionId> wanted = new LinkedHashSet<>();
      for (Map.Entry<UUID, Integer> each : new TreeMap<>(listed).entrySet()) {
        UpdateFacts bundle = facts.find(new RevisionId(each.getKey(), each.getValue()));
        if (bundle != null && bundle.isPublishedBundle()) {
          for (RevisionId part : bundle.bundled()) {
            listed.putIfAbsent(part.update(), part.revision());
            if (!facts.has(part) && !missing.contains(part)) {
              wanted.add(part);
            }
          }
          requireFew(Math.max(listed.size(), wanted.size()));
        }
      }
      return wanted;
    }

    /**
     * Over many refreshes, and of the parts that bundles name, there may be more than in a list.
     */
    private void requireFew(int revisions) throws FetchException {
      if (revisions > mostRevisions) {
        throw new FetchException(
            "%s has listed more than %d revisions; name fewer products in the channel's file"
                .formatted(source.url(), mostRevisions));
      }
    }

    /**
     * What is new in the channel has to be listed whole. How an update of a new product and a known
     * classification is listed is nowhere said, so an anchor counts only for what it was given for.
     */
    private boolean isAnchorFor(UpstreamState before) {
      return !before.anchor().isEmpty()
          && before.products().containsAll(source.productIds())
          && before.classifications().containsAll(source.classificationIds());
    }

    private static Map<String, Boolean> deltas(Set<UUID> wanted, boolean delta) {
      Map<String, Boolean> deltas = new LinkedHashMap<>();
      wanted.forEach(id -> deltas.put(id.toString(), delta));
      return deltas;
    }
  }
}
