package dev.regild.windows.upstream;

import dev.regild.archive.ArchiveException;
import dev.regild.channel.ChannelException;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.fetch.FailedServers;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.FileDigest;
import dev.regild.files.FileTree;
import dev.regild.machine.ProgramException;
import dev.regild.windows.catalogue.DriverPackage;
import dev.regild.windows.catalogue.FollowedPackages;
import dev.regild.windows.catalogue.PackageFacts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Follows the drivers that Microsoft's server has for the devices of a channel's images. What a
 * driver is called is in its INF alone, so each that an image would get is downloaded, and kept in
 * the channel's catalogue.
 */
final class DriverFollow {
  /** Of the origins of drivers among a catalogue's followed packages. */
  static final String ORIGIN = "driver ";

  private static final String PARTIAL = ".driver-";
  private static final int MOST = 200;
  private static final long LARGEST = 2L << 30;
  private static final long LARGEST_TOGETHER = 8L << 30;

  private final WsusSource source;
  private final String platform;
  private final Path directory;
  private final Transport transport;
  private final FactStore facts;
  private final ServerSync server;
  private final Session session;
  private final ServerSettings settings;
  private final RefreshOptions options;
  private final List<String> leftOut = new ArrayList<>();
  private final List<String> notices = new ArrayList<>();

  /**
   * @param platform of the images
   * @param directory of the channel's catalogue
   * @param transport by the source's own route
   */
  DriverFollow(
      WsusSource source,
      String platform,
      Path directory,
      Transport transport,
      FactStore facts,
      ServerSync server,
      Session session,
      ServerSettings settings,
      RefreshOptions options) {
    this.source = source;
    this.platform = platform;
    this.directory = directory;
    this.transport = transport;
    this.facts = facts;
    this.server = server;
    this.session = session;
    this.settings = settings;
    this.options = options;
  }

  /**
   * What a run came to.
   *
   * @param leftOut drivers that images would get, and that can't be used: which, and why
   * @param missing documents that the server does not have
   * @param notices what the operator should know
   */
  record Result(List<String> leftOut, Set<RevisionId> missing, List<String> notices) {
    static final Result NOTHING = new Result(List.of(), Set.of(), List.of());

    Result {
      leftOut = List.copyOf(leftOut);
      missing = Set.copyOf(missing);
      notices = List.copyOf(notices);
    }
  }

  /**
   * Runs. A server that fails for drivers keeps no update back: what was followed stays.
   *
   * @param missing documents that are not asked for again
   */
  Result run(Set<RevisionId> missing) throws ChannelException, IOException, InterruptedException {
    FollowedPackages followed = FollowedPackages.open(directory);
    if (source.driverProducts().isEmpty()) {
      followed.keepOnly(ORIGIN, Set.of());
      return Result.NOTHING;
    }
    if (options.images().isEmpty()) {
      return new Result(
          List.of(),
          Set.of(),
          List.of(
              "the images are not known here, so the drivers stay as they are; the server's next"
                  + " refresh looks for newer ones"));
    }
    try {
      return run(DriverNeed.of(options.images().get(), platform), missing, followed);
    } catch (SyncFault | FetchException e) {
      notices.add(
          "%s has no answer for drivers, which stay as they are: %s"
              .formatted(source.url(), e.getMessage()));
      return new Result(leftOut, Set.of(), notices);
    }
  }

  private Result run(Set<DriverNeed> needs, Set<RevisionId> missing, FollowedPackages followed)
      throws SyncFault, ChannelException, FetchException, IOException, InterruptedException {
    Set<RevisionId> listed = listed(needs);
    Set<RevisionId> wanted = new LinkedHashSet<>(listed);
    wanted.removeIf(each -> facts.has(each) || missing.contains(each));
    Set<RevisionId> absent = Set.of();
    if (!wanted.isEmpty()) {
      absent =
          new DocumentFetch(server, session, facts, directory, options)
              .run(wanted, settings.mostUpdates());
    }
    List<UpdateFacts> known = new ArrayList<>();
    listed.forEach(each -> Optional.ofNullable(facts.find(each)).ifPresent(known::add));
    follow(
        new DriverSelection(source.architecture(), source.driverProductIds(), known).select(needs),
        followed);
    return new Result(leftOut, absent, notices);
  }

  /** Each part of the devices is asked for with a part of the computers, the shorter list again. */
  private Set<RevisionId> listed(Set<DriverNeed> needs)
      throws SyncFault, FetchException, InterruptedException {
    List<List<String>> devices = parts(DriverNeed.ids(needs), settings.mostHardwareIds());
    List<List<String>> computers = parts(DriverNeed.computers(needs), settings.mostComputerIds());
    Set<RevisionId> listed = new LinkedHashSet<>();
    int requests = devices.isEmpty() ? 0 : Math.max(devices.size(), computers.size());
    for (int i = 0; i < requests; i++) {
      List<String> ofDevices = devices.get(i % devices.size());
      List<String> ofComputers =
          computers.isEmpty() ? List.of() : computers.get(i % computers.size());
      options.onProgress().accept(new Progress("asking for drivers", i, requests));
      listed.addAll(
          session
              .call(cookie ->
                  server.drivers(cookie, source.driverProductIds(), ofComputers, ofDevices))
              .revisions());
    }
    return listed;
  }

  private static List<List<String>> parts(List<String> ids, int most) {
    List<List<String>> parts = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += most) {
      parts.add(ids.subList(from, Math.min(ids.size(), from + most)));
    }
    return parts;
  }

  private void follow(List<UpdateFacts> selected, FollowedPackages followed)
      throws ChannelException, IOException, InterruptedException {
    String rules = DriverPackage.rules(source.architecture(), roots());
    Set<String> origins = new HashSet<>();
    int taken = 0;
    long together = 0;
    for (UpdateFacts each : selected) {
      String origin = ORIGIN + each.id();
      Optional<FollowedPackages.Followed> there = followed.find(origin, rules);
      long size = each.files().stream().mapToLong(UpdateFile::size).sum();
      Optional<String> refusal =
          there.isPresent()
              ? Optional.of(there.get().refusal()).filter(why -> !why.isEmpty())
              : refusal(each, taken, together + size);
      if (refusal.isPresent()) {
        leave(each, refusal.get());
      } else {
        taken++;
        together += size;
      }
      if (there.isPresent()) {
        origins.add(origin);
      } else if (refusal.isEmpty()) {
        origins.add(origin);
        try {
          bring(each, origin, rules, followed);
        } catch (FetchException e) {
          notices.add(
              "the driver %s can't be downloaded: %s; the next refresh tries again"
                  .formatted(each.title(), e.getMessage()));
        }
      }
    }
    if (notices.isEmpty()) {
      followed.keepOnly(ORIGIN, origins);
      // Those of drivers that are not wanted any more; the others are gone by now.
      FileTree.removeChildren(directory, PARTIAL);
    }
  }

  private void leave(UpdateFacts driver, String why) {
    leftOut.add("%s (%s): %s".formatted(driver.title(), driver.id(), ServerWords.shortened(why)));
  }

  private Optional<String> refusal(UpdateFacts driver, int taken, long together) {
    if (driver.files().size() != 1) {
      return Optional.of(
          "it has %d complete cabinets, where one is expected".formatted(driver.files().size()));
    }
    UpdateFile file = driver.files().getFirst();
    if (file.sha256().isEmpty()) {
      return Optional.of("its file has no SHA-256");
    }
    if (file.size() > LARGEST || together > LARGEST_TOGETHER || taken >= MOST) {
      return Optional.of(
          "more than %d drivers, or larger ones than %d GiB each and %d GiB together are not followed"
              .formatted(MOST, LARGEST >> 30, LARGEST_TOGETHER >> 30));
    }
    return new FileServers(source)
        .refusal(file.microsoft())
        .map(host -> "its file is at " + host + ", which is not Microsoft's");
  }

  private Optional<Path> roots() {
    return Optional.of(source.signedBy()).filter(each -> !each.isEmpty()).map(Path::of);
  }

  private void bring(UpdateFacts driver, String origin, String rules, FollowedPackages followed)
      throws ChannelException, FetchException, IOException, InterruptedException {
    UpdateFile file = driver.files().getFirst();
    Path partial = directory.resolve(PARTIAL + file.sha256());
    AtomicLong received = new AtomicLong();
    transport(file)
        .resume(
            List.of(URI.create(file.microsoft())),
            partial,
            new FileDigest(file.size(), file.sha256()),
            bytes ->
                options
                    .onProgress()
                    .accept(
                        new Progress(
                            "downloading " + driver.title(),
                            received.addAndGet(bytes),
                            file.size())),
            new FailedServers());
    Path work = Files.createDirectory(directory.resolve(DocumentFetch.WORK + UUID.randomUUID()));
    try {
      DriverPackage read = DriverPackage.read(partial, work, source.architecture(), roots());
      Optional<String> other = contradiction(driver, read.drivers());
      if (other.isPresent()) {
        followed.refuse(origin, rules, other.get());
        leave(driver, other.get());
      } else {
        followed.bring(
            origin,
            rules,
            read.drivers().getFirst().name().replaceFirst("[.]inf$", "") + ".zip",
            read.zip(),
            read.drivers().stream().map(each -> each.withComputers(computers(driver))).toList());
      }
      Files.deleteIfExists(partial);
    } catch (DriverPackage.RefusedException | ArchiveException e) {
      String why = String.valueOf(e.getMessage());
      if (ProgramException.isUnfinished(e)) {
        notices.add(
            "the driver %s can't be read here: %s; the next refresh tries again"
                .formatted(driver.title(), why));
      } else {
        followed.refuse(origin, rules, why);
        leave(driver, why);
        Files.deleteIfExists(partial);
      }
    } finally {
      FileTree.remove(work);
    }
  }

  private Transport transport(UpdateFile file) {
    boolean own = file.microsoft().startsWith(source.url() + "/");
    return (own ? transport : transport.by(new Route(source.route().proxy(), ""))).staying();
  }

  /** The computers that it is for; none if it is for any, with one of its devices. */
  private static List<String> computers(UpdateFacts driver) {
    boolean any = driver.drivers().stream().anyMatch(each -> each.computers().isEmpty());
    return any
        ? List.of()
        : driver.drivers().stream()
            .flatMap(each -> each.computers().stream())
            .distinct()
            .sorted()
            .toList();
  }

  /** A file must be what its document says that it is. */
  private static Optional<String> contradiction(UpdateFacts driver, List<PackageFacts> drivers) {
    boolean same =
        driver.drivers().stream()
            .anyMatch(target ->
                drivers.stream()
                    .anyMatch(each ->
                        each.hardwareIds().contains(target.hardwareId())
                            && each.version().equals(target.version())));
    return same
        ? Optional.empty()
        : Optional.of("no INF in it has a device and the version that its document names");
  }
}
