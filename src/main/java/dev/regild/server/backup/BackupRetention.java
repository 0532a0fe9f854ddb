package dev.regild.server.backup;

import dev.regild.server.backup.Manifest.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Removes old backups, and the contents that no backup has any more. */
final class BackupRetention {
  private final BackupTarget target;

  BackupRetention(BackupTarget target) {
    this.target = target;
  }

  /** What was removed: ids of backups, and the bytes that only they had. */
  record Removed(List<String> backups, long bytes) {}

  /**
   * Keeps the newest backups. Manifests are removed first, so that a backup that exists always has
   * its contents.
   *
   * @param most how many stay; 0 for all
   * @param made the backup that was just made, which stays although the clock may have been set
   *     back
   * @throws BackupException if the manifest of a backup that stays can't be read: then nothing is
   *     removed
   */
  Removed keep(int most, String made) throws IOException, InterruptedException {
    if (most == 0) {
      return new Removed(List.of(), 0);
    }
    List<String> all = target.backups();
    List<String> others = new ArrayList<>(all);
    others.remove(made);
    List<String> old = List.copyOf(others.subList(0, Math.max(0, all.size() - most)));
    Set<Content> needed = new HashSet<>();
    for (String id : all) {
      if (!old.contains(id)) {
        target.manifest(id).entries().stream().map(Entry::content).forEach(needed::add);
      }
    }
    for (String id : old) {
      target.remove(id);
    }
    return new Removed(old, target.removeExcept(needed));
  }
}
