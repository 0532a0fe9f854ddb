package dev.regild.windows.winget;

import dev.regild.archive.ArchiveException;
import dev.regild.channel.ChannelException;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.files.FileDigest;
import dev.regild.files.FileTree;
import dev.regild.machine.ProgramException;
import dev.regild.windows.catalogue.AgentInstaller;
import dev.regild.windows.catalogue.FollowedPackages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Follows the newest installers of a source's packages: each new one is downloaded, compared with
 * the SHA-256 of its manifest, and kept in the channel's catalogue. Where a new one can't be had,
 * the one before stays.
 */
public final class WingetFollow {
  private static final String ORIGIN = "winget ";
  private static final String WORK = ".winget-";
  private static final long LARGEST = 2L << 30;

  private final WingetSource source;
  private final Path directory;
  private final Transport transport;
  private final RefreshOptions options;
  private final List<String> notices = new ArrayList<>();
  private final Set<String> kept = new HashSet<>();

  /**
   * @param directory of the channel's catalogue; the caller holds the channel's lock
   */
  public WingetFollow(
      WingetSource source, Path directory, Transport transport, RefreshOptions options) {
    this.source = source;
    this.directory = directory;
    this.transport = transport.by(source.route());
    this.options = options;
  }

  /** Removes what the packages of a source that is gone have left. */
  public static void removeAll(Path directory) throws ChannelException, IOException {
    FollowedPackages.open(directory).keepOnly(ORIGIN, Set.of());
  }

  /**
   * Runs.
   *
   * @return what the operator should know
   * @throws ChannelException if the directory can't be read
   */
  public List<String> run() throws ChannelException, IOException, InterruptedException {
    Files.createDirectories(directory);
    FileTree.removeChildren(directory, WORK);
    FollowedPackages followed = FollowedPackages.open(directory);
    WingetManifests manifests = new WingetManifests(Path.of(source.directory()));
    for (String each : source.packages()) {
      Optional<WingetInstaller> newest = newest(manifests, each);
      if (newest.isEmpty()) {
        notices.add(
            "%s has no manifest of %s with an .msi for %s by https; the agent stays as it is"
                .formatted(source.directory(), each, source.architecture()));
        keepEarlier(each, followed);
      } else {
        follow(each, newest.get(), followed);
      }
    }
    followed.keepOnly(ORIGIN, kept);
    notices.addAll(manifests.unreadable());
    return List.copyOf(notices);
  }

  private Optional<WingetInstaller> newest(WingetManifests manifests, String identifier)
      throws ChannelException {
    try {
      return manifests.newest(identifier, source.architecture());
    } catch (IOException e) {
      throw new ChannelException(
          "the winget manifests can't be read: %s; correct directory in the channel's file"
              .formatted(e.getMessage()),
          e);
    }
  }

  private void keepEarlier(String identifier, FollowedPackages followed) {
    followed.of(ORIGIN + identifier + " ").stream()
        .filter(
            each -> each.refusal().isEmpty() && followed.find(each.origin(), rules()).isPresent())
        .forEach(each -> kept.add(each.origin()));
  }

  private void follow(String identifier, WingetInstaller newest, FollowedPackages followed)
      throws ChannelException, IOException, InterruptedException {
    String origin =
        ORIGIN
            + String.join(
                " ", identifier, newest.version().text(), newest.architecture(), newest.sha256());
    Optional<FollowedPackages.Followed> there = followed.find(origin, rules());
    if (there.isPresent() && there.get().refusal().isEmpty()) {
      kept.add(origin);
      return;
    }
    if (there.isEmpty()) {
      Path work = Files.createDirectory(directory.resolve(WORK + UUID.randomUUID()));
      try {
        Path file = work.resolve(identifier + ".msi");
        download(identifier, newest, file);
        followed.bring(
            origin,
            rules(),
            "%s-%s.msi".formatted(identifier, newest.version().text()),
            file,
            List.of(AgentInstaller.read(file, source.architecture())));
        kept.add(origin);
        return;
      } catch (FetchException e) {
        notices.add("%s can't be had: %s".formatted(identifier, e.getMessage()));
      } catch (ArchiveException | IllegalArgumentException e) {
        if (ProgramException.isUnfinished(e)) {
          notices.add(
              "%s can't be read here: %s; the next refresh tries again"
                  .formatted(identifier, e.getMessage()));
        } else {
          followed.refuse(origin, rules(), String.valueOf(e.getMessage()));
        }
      } finally {
        FileTree.remove(work);
      }
    }
    followed
        .find(origin, rules())
        .ifPresent(refused -> {
          kept.add(origin);
          notices.add(
              "%s %s can't be used: %s"
                  .formatted(identifier, newest.version().text(), refused.refusal()));
        });
    keepEarlier(identifier, followed);
  }

  /** Whether an installer can be used is decided by the machines that it is for. */
  private String rules() {
    return source.architecture();
  }

  private void download(String identifier, WingetInstaller newest, Path file)
      throws FetchException, InterruptedException {
    String doing = "downloading " + identifier;
    options.onProgress().accept(new Progress(doing, 0, 0));
    AtomicLong received = new AtomicLong();
    transport.download(
        newest.url(),
        file,
        new FileDigest(OptionalLong.empty(), newest.sha256()),
        LARGEST,
        bytes -> options.onProgress().accept(new Progress(doing, received.addAndGet(bytes), 0)));
  }
}
