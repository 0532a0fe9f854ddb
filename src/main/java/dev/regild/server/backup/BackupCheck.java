package dev.regild.server.backup;

import dev.regild.server.backup.Manifest.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads every content of every backup, and compares its SHA-256. */
public final class BackupCheck {
  private final BackupTarget target;
  private final Backup.Steps steps;

  public BackupCheck(BackupTarget target, Backup.Steps steps) {
    this.target = target;
    this.steps = steps;
  }

  /**
   * Something that is wrong.
   *
   * @param backup the first that has it
   * @param path the file or object; empty for the manifest
   * @param problem says what is wrong, and what to do
   */
  public record Finding(String backup, String path, String problem) {}

  /**
   * Returns what is wrong with the target; empty if all backups are sound.
   *
   * @throws BackupException if there is no backup, such as where a file system is not mounted
   */
  public List<Finding> run() throws IOException, InterruptedException {
    List<String> backups = target.backups();
    if (backups.isEmpty()) {
      throw new BackupException(
          "%s has no backup to check. Name the place of the backups.".formatted(target.name()));
    }
    List<Finding> findings = new ArrayList<>();
    Map<Content, Finding> contents = new LinkedHashMap<>();
    for (String id : backups) {
      try {
        for (Entry entry : target.manifest(id).entries()) {
          contents.putIfAbsent(entry.content(), new Finding(id, entry.path(), ""));
        }
      } catch (BackupException e) {
        findings.add(new Finding(id, "", String.valueOf(e.getMessage())));
      }
    }
    int done = 0;
    for (Map.Entry<Content, Finding> each : contents.entrySet()) {
      target
          .problem(each.getKey())
          .ifPresent(problem ->
              findings.add(new Finding(each.getValue().backup(), each.getValue().path(), problem)));
      steps.show("contents", (double) ++done / contents.size());
    }
    return findings;
  }
}
