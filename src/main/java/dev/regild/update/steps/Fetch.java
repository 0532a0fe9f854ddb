package dev.regild.update.steps;

import dev.regild.channel.ChannelException;
import dev.regild.disk.ByteCount;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.insight.Fixes;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.servicing.Transaction.Download;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Has the host download what the transaction needs, each file verified and kept once. */
public record Fetch(PackageCache cache, UpdateRooms rooms, ReadChangelogs changelogs)
    implements Step<Resolve.Resolved, Fetch.Fetched> {
  private static final int PARALLEL = 8;

  /**
   * The files of a transaction, on this machine.
   *
   * @param resolved what they are for
   * @param directory holds every file by the name that the guest expects
   * @param files as the signed indexes name them
   * @param totalBytes of all of them
   * @param downloadedBytes what had to come over the network
   * @param fixes what the update fixes, by the changelogs in the files; empty while they are read
   * @param pending the same, to be awaited
   */
  public record Fetched(
      Resolve.Resolved resolved,
      Path directory,
      List<PackageFile> files,
      long totalBytes,
      long downloadedBytes,
      Optional<Fixes> fixes,
      PendingFixes pending) {}

  @Override
  public String name() {
    return "Fetch";
  }

  @Override
  public Fetched run(Resolve.Resolved resolved, StepControl control)
      throws ChannelException, FetchException, IOException, StepException, InterruptedException {
    Update update = resolved.open().update();
    List<Download> downloads = resolved.transaction().downloads();
    Map<String, PackageFile> files =
        update
            .snapshot()
            .packageFiles(downloads.stream().map(Download::uri).collect(Collectors.toSet()));
    rooms.requirePackages(update, files.values().stream().mapToLong(PackageFile::size).sum());
    update.snapshot().require(cache.absent(files.values()), cache.transport());
    ReadChangelogs.Reading reading =
        control.keep(changelogs.begin(update, resolved.transaction(), files.values()));
    AtomicLong downloaded = new AtomicLong();
    Map<PackageFile, Path> contents =
        cache.fetch(
            files.values(),
            PARALLEL,
            seen -> {
              downloaded.set(seen.downloadedBytes());
              control.accept((double) seen.readyBytes() / Math.max(1, seen.totalBytes()));
            },
            reading::add);
    update.snapshot().check(contents);
    Path directory = Files.createDirectories(update.directory().resolve("packages"));
    for (Download download : downloads) {
      PackageFile file = files.get(download.uri());
      Path content = file == null ? null : contents.get(file);
      if (content == null) {
        throw new IOException("No file exists for " + download.uri());
      }
      Files.createSymbolicLink(directory.resolve(download.fileName()), content.toAbsolutePath());
    }
    long total = contents.keySet().stream().mapToLong(PackageFile::size).sum();
    return new Fetched(
        resolved,
        directory,
        List.copyOf(contents.keySet()),
        total,
        downloaded.get(),
        reading.isDone() ? Optional.of(reading.await()) : Optional.empty(),
        reading);
  }

  @Override
  public String outcome(Fetched fetched) {
    return "%d packages, %s, %s downloaded; %s"
        .formatted(
            fetched.files().size(),
            ByteCount.text(fetched.totalBytes()),
            ByteCount.text(fetched.downloadedBytes()),
            fetched.fixes().map(Fetch::counted).orElse("CVEs are counted during Apply"));
  }

  private static String counted(Fixes fixes) {
    Fixes.Counts counts = fixes.counts();
    return "CVEs fixed: %d, in the kernel: %d%s"
        .formatted(
            counts.fixed(),
            counts.kernel(),
            counts.unknown().isEmpty()
                ? ""
                : ", unknown for %d packages".formatted(counts.unknown().size()));
  }

  @Override
  public String remedy(Resolve.Resolved resolved, String reason) {
    return "Check that the channel's repositories can be reached (regild channel refresh).";
  }
}
