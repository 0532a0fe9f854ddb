package dev.regild.update.steps;

import static java.util.stream.Collectors.toMap;

import dev.regild.fetch.PackageFile;
import dev.regild.files.Parallel;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixFinder;
import dev.regild.insight.Fixes;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.Replacement;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.PackageFamily;
import dev.regild.servicing.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the changelogs of the packages that an update installs, each file once. Whatever is in
 * them, the update continues.
 */
public final class ReadChangelogs {
  private static final Logger LOG = LoggerFactory.getLogger(ReadChangelogs.class);
  private static final int AT_ONCE = Math.max(2, Runtime.getRuntime().availableProcessors());

  private final Changelogs changelogs;

  public ReadChangelogs(Changelogs changelogs) {
    this.changelogs = changelogs;
  }

  /** Returns what the update fixes. */
  Fixes read(Update update, Transaction transaction, Map<PackageFile, Path> files)
      throws InterruptedException {
    PackageNotes notes = update.snapshot().system().notes();
    PackageFamily family = update.snapshot().family();
    Collection<Changelog> read = read(notes, files);
    Map<String, List<Advisory>> advisories =
        update.plan().changes().stream()
            .collect(toMap(Change::name, Change::advisories, (first, _) -> first));
    List<Replacement> replacements =
        transaction.installs().stream()
            .map(each -> {
              String name = each.name().replaceFirst(":.*", "");
              return new Replacement(
                  name, each.from(), each.to(), advisories.getOrDefault(name, List.of()));
            })
            .toList();
    return new FixFinder(
            notes, family, update.inventory().packages(), each -> of(notes, read, each, family))
        .find(replacements);
  }

  private Collection<Changelog> read(PackageNotes notes, Map<PackageFile, Path> files)
      throws InterruptedException {
    Map<String, Changelog> known =
        new HashMap<>(
            changelogs.find(files.keySet().stream().map(PackageFile::hash).distinct().toList()));
    Map<String, Changelog> read = new ConcurrentHashMap<>();
    List<Parallel.Task<Boolean, IOException>> tasks = new ArrayList<>();
    files.forEach((file, path) -> {
      if (!known.containsKey(file.hash())) {
        tasks.add(() -> {
          read(notes, file, path).ifPresent(each -> read.put(file.hash(), each));
          return true;
        });
      }
    });
    try {
      Parallel.run(AT_ONCE, tasks);
    } catch (IOException e) {
      throw new IllegalStateException("A task has failed that catches all.", e);
    }
    changelogs.keep(read);
    known.putAll(read);
    return known.values();
  }

  private static Optional<Changelog> read(PackageNotes notes, PackageFile file, Path path) {
    try {
      return notes.changelog(path);
    } catch (IOException | RuntimeException e) {
      // Whatever a parser of foreign bytes throws must not fail the update.
      LOG.atWarn()
          .addKeyValue("file", file.fileName())
          .addKeyValue("reason", e.toString())
          .log("a package's changelog can't be read");
      return Optional.empty();
    }
  }

  /** A missing changelog could not be read, if the system's files have changelogs. */
  private static Optional<Changelog> of(
      PackageNotes notes, Collection<Changelog> read, Replacement each, PackageFamily family) {
    Optional<Changelog> found =
        read.stream()
            .filter(it ->
                it.name().equals(each.name())
                    && family.order().compare(it.version(), each.to()) == 0)
            .findFirst();
    return found.isPresent() || !notes.hasChangelogs()
        ? found
        : Optional.of(
            Changelog.unreadable(each.name(), each.to(), "", "its package file can't be read"));
  }
}
