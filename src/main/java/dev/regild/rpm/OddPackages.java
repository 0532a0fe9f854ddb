package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.IndexFetch;
import dev.regild.channel.SnapshotManifest.Kind;
import dev.regild.fetch.FetchException;
import dev.regild.files.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The packages of RPM indexes that can't be used. Neither a plan nor the guest's own package
 * manager takes them; the others of their repository are as good as ever.
 */
final class OddPackages implements RpmPackage.Visitor {
  /**
   * For the guest: a line for each, with the URI of its repository, name, architecture and version,
   * parted by tabs. No part of a snapshot's digest, since the indexes imply it.
   */
  static final String FILE = "left-out";

  private static final int MOST = 10_000;
  private static final int NAMED = 3;

  private final List<RpmPackage.Odd> odd = new ArrayList<>();
  private long good;

  private OddPackages() {}

  /**
   * Writes the list for the guest, if there are any.
   *
   * @param snapshot the directory that has the indexes
   * @return a notice for each repository that has some
   * @throws FetchException if a repository has no other packages, or more odd ones than a mistake
   *     explains
   */
  static List<String> leaveOut(Path snapshot, List<IndexFetch> indexes)
      throws FetchException, IOException {
    List<String> notices = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (IndexFetch index : indexes) {
      if (isPrimary(index)) {
        OddPackages found = new OddPackages();
        try (InputStream in = Files.newInputStream(snapshot.resolve(index.listFile()))) {
          RpmPackage.readAll(in, found);
        } catch (IOException e) {
          throw new FetchException(
              "the index of packages of " + index.repository() + ": " + e.getMessage(), e);
        }
        found.addTo(index.repository(), lines, notices);
      }
    }
    if (!lines.isEmpty()) {
      Path file = snapshot.resolve(FILE);
      Files.writeString(file, lines, UTF_8);
      DurableFiles.force(file);
    }
    return notices;
  }

  private static boolean isPrimary(IndexFetch index) {
    return index.kind().equals(Kind.PACKAGES) && index.listFile().endsWith("_repodata_primary");
  }

  @Override
  public void visit(RpmPackage each) {
    good++;
  }

  @Override
  public void odd(RpmPackage.Odd each) throws IOException {
    odd.add(each);
    if (odd.size() > MOST) {
      throw new IOException("more than " + MOST + " packages in it can't be used: " + each);
    }
  }

  private void addTo(String repository, StringBuilder lines, List<String> notices)
      throws FetchException {
    if (odd.isEmpty()) {
      return;
    }
    if (good == 0) {
      throw new FetchException(
          "no package of %s can be used; the first: %s".formatted(repository, odd.getFirst()));
    }
    for (RpmPackage.Odd each : odd) {
      if (each.canBeNamed()) {
        lines.append(
            String.join("\t", repository, each.name(), each.architecture(), each.version() + "\n"));
      }
    }
    notices.add(
        "%d of the packages of %s cannot be used and %s left out: %s%s"
            .formatted(
                odd.size(),
                repository,
                odd.size() == 1 ? "is" : "are",
                String.join("; ", odd.stream().limit(NAMED).map(RpmPackage.Odd::toString).toList()),
                odd.size() > NAMED ? "; …" : ""));
  }
}
