package dev.regild.update.planning;

import static java.util.stream.Collectors.toSet;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Snapshot;
import dev.regild.fetch.PackageFile;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.plan.PackageVersion;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the changelogs of packages in snapshots, as far as their files were read. Fetches nothing.
 * Those last used are kept decoded.
 */
public final class SnapshotChangelogs {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotChangelogs.class);

  /** About 200 bytes each. */
  private static final int REMEMBERED_FILES = 20_000;

  /** About 300 bytes each; the kernel's changelog names 5,000. */
  private static final int REMEMBERED_NAMINGS = 100_000;

  private final Changelogs changelogs;

  /** The packages' files; {@link File#NONE} for a package that the snapshot does not have. */
  private final Cache<Wanted, File> files =
      Caffeine.newBuilder().maximumSize(REMEMBERED_FILES).build();

  private final Cache<String, Changelog> read =
      Caffeine.newBuilder()
          .maximumWeight(REMEMBERED_NAMINGS)
          .weigher((String _, Changelog each) ->
              10 + each.entries().stream().mapToInt(entry -> entry.cves().size()).sum())
          .build();

  private record Wanted(String snapshot, PackageVersion each) {}

  /** A package's file, as a snapshot's index names it. */
  private record File(String hash, long size) {
    static final File NONE = new File("", -1);
  }

  public SnapshotChangelogs(Changelogs changelogs) {
    this.changelogs = changelogs;
  }

  /** Returns the changelogs of a snapshot's packages that were read. */
  public Map<PackageVersion, Changelog> find(Snapshot snapshot, Collection<PackageVersion> all) {
    Map<PackageVersion, String> hashes = hashes(snapshot, new HashSet<>(all));
    Map<String, Changelog> byHash = ofFiles(hashes.values());
    Map<PackageVersion, Changelog> known = new HashMap<>();
    hashes.forEach((each, hash) ->
        Optional.ofNullable(byHash.get(hash)).ifPresent(found -> known.put(each, found)));
    return known;
  }

  /**
   * Returns the sizes of packages' files in bytes, as a snapshot's indexes name them. Lacks
   * packages that have no file of their own.
   */
  public Map<PackageVersion, Long> sizes(Snapshot snapshot, Collection<PackageVersion> all) {
    Map<PackageVersion, Long> sizes = new HashMap<>();
    files(snapshot, new HashSet<>(all))
        .forEach((each, file) -> {
          if (file.size() >= 0) {
            sizes.put(each, file.size());
          }
        });
    return sizes;
  }

  /** Returns the changelogs of packages that were read, whatever snapshot has or had the files. */
  public Map<PackageVersion, Changelog> find(Collection<PackageVersion> all) {
    Set<PackageVersion> wanted = Set.copyOf(all);
    Map<PackageVersion, String> hashes =
        changelogs.filesOf(wanted.stream().map(PackageVersion::name).collect(toSet()));
    hashes.keySet().retainAll(wanted);
    Map<String, Changelog> byHash = ofFiles(hashes.values());
    Map<PackageVersion, Changelog> known = new HashMap<>();
    hashes.forEach((each, hash) ->
        Optional.ofNullable(byHash.get(hash)).ifPresent(found -> known.put(each, found)));
    return known;
  }

  /**
   * Returns the same, with a package's own changelog replaced by that of the package with which it
   * shares its documentation: a Debian kernel's stands for its metapackage's.
   */
  public Map<PackageVersion, Changelog> findShared(
      Snapshot snapshot, Collection<PackageVersion> all) {
    Map<PackageVersion, Changelog> known = find(snapshot, all);
    Map<PackageVersion, PackageVersion> others = new HashMap<>();
    known.forEach((each, changelog) -> {
      if (!changelog.sharedWith().isEmpty()) {
        others.put(each, new PackageVersion(changelog.sharedWith(), changelog.version()));
      }
    });
    Map<PackageVersion, Changelog> shared = find(snapshot, others.values());
    others.forEach((each, other) ->
        Optional.ofNullable(shared.get(other)).ifPresent(found -> known.put(each, found)));
    return known;
  }

  /** Returns the changelogs of files with these hashes, by hash, as far as they were read. */
  private Map<String, Changelog> ofFiles(Collection<String> hashes) {
    Map<String, Changelog> known = new HashMap<>();
    Set<String> missing = new HashSet<>();
    for (String hash : hashes) {
      Changelog changelog = hash.isEmpty() ? null : read.getIfPresent(hash);
      if (changelog != null) {
        known.put(hash, changelog);
      } else if (!hash.isEmpty()) {
        missing.add(hash);
      }
    }
    if (!missing.isEmpty()) {
      Map<String, Changelog> found = changelogs.find(List.copyOf(missing));
      read.putAll(found);
      known.putAll(found);
    }
    return known;
  }

  private Map<PackageVersion, String> hashes(Snapshot snapshot, Set<PackageVersion> all) {
    Map<PackageVersion, String> hashes = new HashMap<>();
    files(snapshot, all).forEach((each, file) -> hashes.put(each, file.hash()));
    return hashes;
  }

  private Map<PackageVersion, File> files(Snapshot snapshot, Set<PackageVersion> all) {
    Map<PackageVersion, File> known = new HashMap<>();
    Set<PackageVersion> missing = new HashSet<>();
    for (PackageVersion each : all) {
      File file = files.getIfPresent(new Wanted(snapshot.digest(), each));
      if (file == null) {
        missing.add(each);
      } else {
        known.put(each, file);
      }
    }
    if (!missing.isEmpty()) {
      Optional<Map<PackageVersion, PackageFile>> found = looked(snapshot, missing);
      for (PackageVersion each : missing) {
        PackageFile file = found.orElse(Map.of()).get(each);
        File kept = file == null ? File.NONE : new File(file.hash(), file.size());
        if (found.isPresent()) {
          files.put(new Wanted(snapshot.digest(), each), kept);
        }
        known.put(each, kept);
      }
    }
    return known;
  }

  /** Empty if they could not be looked up, which says nothing of the snapshot. */
  private static Optional<Map<PackageVersion, PackageFile>> looked(
      Snapshot snapshot, Set<PackageVersion> missing) {
    try {
      return Optional.of(snapshot.filesOf(missing));
    } catch (ChannelException e) {
      LOG.atWarn()
          .addKeyValue("snapshot", snapshot.digest())
          .addKeyValue("reason", e.getMessage())
          .log("the files of a plan can't be looked up");
      return Optional.empty();
    }
  }
}
