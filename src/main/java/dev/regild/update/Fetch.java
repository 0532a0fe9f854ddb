package dev.regild.update;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageCache;
import dev.regild.channel.PackageFile;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Download;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/** Has the host download what the transaction needs, each file verified and kept once. */
final class Fetch {
  private static final int PARALLEL = 8;

  private final PackageCache cache;
  private final UpdateRooms rooms;

  Fetch(PackageCache cache, UpdateRooms rooms) {
    this.cache = cache;
    this.rooms = rooms;
  }

  /**
   * The files of a transaction, on this machine.
   *
   * @param directory holds every file by the name that the guest expects
   * @param files how many there are
   * @param totalBytes of all of them
   * @param downloadedBytes what had to come over the network
   */
  record Packages(Path directory, int files, long totalBytes, long downloadedBytes) {}

  Packages run(Update update, Transaction transaction, DoubleConsumer progress)
      throws ChannelException, IOException, StepException, InterruptedException {
    Map<String, PackageFile> files =
        update
            .snapshot()
            .packageFiles(
                transaction.downloads().stream().map(Download::uri).collect(Collectors.toSet()));
    rooms.requirePackages(update, files.values().stream().mapToLong(PackageFile::size).sum());
    AtomicLong downloaded = new AtomicLong();
    Map<PackageFile, Path> contents =
        cache.fetch(
            files.values(),
            PARALLEL,
            seen -> {
              downloaded.set(seen.downloadedBytes());
              progress.accept((double) seen.readyBytes() / Math.max(1, seen.totalBytes()));
            });
    Path directory = Files.createDirectories(update.directory().resolve("packages"));
    for (Download download : transaction.downloads()) {
      PackageFile file = files.get(download.uri());
      Path content = file == null ? null : contents.get(file);
      if (content == null) {
        throw new IOException("There is no file for " + download.uri());
      }
      Files.createSymbolicLink(directory.resolve(download.fileName()), content.toAbsolutePath());
    }
    long total = contents.keySet().stream().mapToLong(PackageFile::size).sum();
    return new Packages(directory, contents.size(), total, downloaded.get());
  }
}
