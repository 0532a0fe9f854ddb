package dev.regild.update.planning;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ImageInventories;
import dev.regild.channel.PackageSource;
import dev.regild.channel.Snapshot;
import dev.regild.disk.RoomReservations;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.image.RefusedException;
import dev.regild.inventory.Inventory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads the files that updates of the existing images would ask for, where a channel's source
 * wants that, so that updates find them in the cache. Large ones go on where they stopped. Whatever
 * fails is only logged: the update itself downloads what is not there.
 *
 * @param directory of the cache's file system
 * @param mostBytes that one run downloads
 */
public record FilesAhead(
    UpdatePlans plans,
    ImageInventories images,
    PackageCache cache,
    RoomReservations room,
    Path directory,
    long mostBytes) {
  private static final Logger LOG = LoggerFactory.getLogger(FilesAhead.class);

  /** Then the server is taken for dead, until the next refresh. */
  private static final int MOST_FAILURES = 3;

  private static final Duration LONGEST = Duration.ofHours(4);

  /**
   * What a run came to.
   *
   * @param fetched files
   * @param failed files that could not be had
   * @param left files that the limits of size and time left out
   */
  public record Result(int fetched, int failed, int left) {}

  /** Fetches what updates of the images of a channel's platform would need. */
  public Result run(Channel channel) throws InterruptedException {
    if (channel.sources().stream().noneMatch(PackageSource::fetchesAhead)) {
      return new Result(0, 0, 0);
    }
    try {
      UpdatePlans.Offer offer = plans.offerFor(channel.platform());
      Result result = fetch(offer.snapshot(), wanted(offer));
      if (result.fetched() + result.failed() + result.left() > 0) {
        LOG.atInfo()
            .addKeyValue("channel", channel.name())
            .addKeyValue("fetched", result.fetched())
            .addKeyValue("failed", result.failed())
            .addKeyValue("left", result.left())
            .log("files of updates fetched ahead");
      }
      return result;
    } catch (ChannelException | RefusedException | IOException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.getMessage())
          .log("files of updates are not fetched ahead");
      return new Result(0, 0, 0);
    }
  }

  /** Returns the files that are not here, the small ones first. */
  private List<PackageFile> wanted(UpdatePlans.Offer offer) throws ChannelException, IOException {
    Map<String, PackageFile> files = new LinkedHashMap<>();
    List<ChannelException> failures = new ArrayList<>();
    images.each(offer.channel().platform(), inventory -> add(offer, inventory, files, failures));
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    return cache.absent(files.values()).stream()
        .sorted(Comparator.comparingLong(PackageFile::size))
        .toList();
  }

  private static void add(
      UpdatePlans.Offer offer,
      Inventory inventory,
      Map<String, PackageFile> files,
      List<ChannelException> failures) {
    try {
      offer
          .snapshot()
          .filesFor(UpdatePlans.plan(offer, inventory), inventory)
          .forEach(each -> files.putIfAbsent(each.hash(), each));
    } catch (ChannelException e) {
      failures.add(e);
    }
  }

  private Result fetch(Snapshot snapshot, List<PackageFile> files) throws InterruptedException {
    long end = System.nanoTime() + LONGEST.toNanos();
    long bytesLeft = mostBytes;
    int fetched = 0;
    int failed = 0;
    int left = 0;
    for (PackageFile each : files) {
      if (each.size() > bytesLeft || failed >= MOST_FAILURES || System.nanoTime() > end) {
        left++;
        continue;
      }
      bytesLeft -= each.size();
      try (RoomReservations.Reservation _ = room.reserve(directory, each.size())) {
        snapshot.require(List.of(each), cache.transport());
        var _ = cache.fetch(List.of(each), 1, _ -> {});
        fetched++;
      } catch (FetchException | IOException | RuntimeException e) {
        failed++;
        LOG.atInfo()
            .addKeyValue("file", each.fileName())
            .addKeyValue("reason", e.toString())
            .log("a file of an update can't be fetched ahead");
      }
    }
    return new Result(fetched, failed, left);
  }
}
