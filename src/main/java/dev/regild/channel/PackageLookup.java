package dev.regild.channel;

import dev.regild.apt.AptNames;
import dev.regild.apt.PackagesScanner;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.files.StrongHash;
import dev.regild.plan.PackageSystem;
import dev.regild.rpm.RpmPackage;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds package files in the indexes of a snapshot.
 *
 * @param directory the snapshot's
 * @param indexes of packages
 * @param mirrors the places of a repository that has several, by its root URI
 * @param routes how a repository's servers are reached, by its root URI, if not as usual
 */
public record PackageLookup(
    Path directory,
    List<SnapshotManifest.ListFile> indexes,
    PackageSystem system,
    Map<String, List<String>> mirrors,
    Map<String, Route> routes) {
  public PackageLookup {
    indexes = List.copyOf(indexes);
  }

  /**
   * What the indexes say about each URI.
   *
   * @throws ChannelException if one of them is in none
   */
  public Map<String, PackageFile> find(Set<String> uris) throws ChannelException {
    Set<String> wanted = uris.stream().map(AptNames::comparable).collect(Collectors.toSet());
    Map<String, PackageFile> found = new HashMap<>();
    try {
      for (SnapshotManifest.ListFile index : indexes) {
        switch (system) {
          case DPKG -> findDeb(index, wanted, found);
          case RPM -> findRpm(index, wanted, found);
          case WINDOWS -> throw new IOException("a catalogue has no index of packages");
        }
      }
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot in " + directory + " can't be read (" + e + "); refresh its channel", e);
    }
    Map<String, PackageFile> result = new LinkedHashMap<>();
    for (String uri : uris) {
      PackageFile file = found.get(AptNames.comparable(uri));
      if (file == null) {
        throw new ChannelException(
            "the guest asked for "
                + uri
                + ", which snapshot "
                + directory.getFileName()
                + " does not hold; check the image's own package manager's configuration");
      }
      result.put(uri, file);
    }
    return result;
  }

  private void findDeb(
      SnapshotManifest.ListFile index, Set<String> wanted, Map<String, PackageFile> found)
      throws IOException, ChannelException {
    String repository = index.repository();
    String prefix = AptNames.comparable(repository) + "/";
    Set<String> wantedHere =
        wanted.stream()
            .filter(uri -> uri.startsWith(prefix))
            .map(uri -> uri.substring(prefix.length()))
            .collect(Collectors.toSet());
    if (wantedHere.isEmpty()) {
      return;
    }
    try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
      PackagesScanner stanza = new PackagesScanner(in);
      while (stanza.next()) {
        String fileName = stanza.text(PackagesScanner.Field.FILENAME);
        if (wantedHere.contains(fileName)) {
          found.putIfAbsent(prefix + fileName, packageFile(repository, fileName, stanza));
        }
      }
    }
  }

  private void findRpm(
      SnapshotManifest.ListFile index, Set<String> wanted, Map<String, PackageFile> found)
      throws IOException {
    String repository = index.repository();
    List<String> places = mirrors.getOrDefault(repository, List.of(repository));
    try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
      RpmPackage.readAll(
          in,
          each -> {
            String comparable = AptNames.comparable(each.address(repository));
            if (wanted.contains(comparable)) {
              found.putIfAbsent(comparable, packageFile(places, each, route(repository)));
            }
          });
    }
  }

  private Route route(String repository) {
    return routes.getOrDefault(repository, Route.DEFAULT);
  }

  private static PackageFile packageFile(List<String> places, RpmPackage each, Route route) {
    List<URI> uris = places.stream().map(each::place).distinct().toList();
    return new PackageFile(
        uris.getFirst(),
        each.location().replaceFirst(".*/", ""),
        each.size(),
        each.hash(),
        uris.subList(1, uris.size()),
        route);
  }

  private PackageFile packageFile(String repository, String fileName, PackagesScanner stanza)
      throws ChannelException {
    String size = stanza.text(PackagesScanner.Field.SIZE);
    String hash =
        StrongHash.checked("SHA256", stanza.text(PackagesScanner.Field.SHA256))
            .or(() -> StrongHash.checked("SHA512", stanza.text(PackagesScanner.Field.SHA512)))
            .orElse("");
    if (!size.matches("\\d{1,15}") || hash.isEmpty()) {
      throw new ChannelException(
          fileName
              + " of "
              + repository
              + " has no size, or no SHA-256 or SHA-512, in its index; its repository"
              + " must be made by newer tools");
    }
    return new PackageFile(
        URI.create(AptNames.poolUri(repository, fileName)),
        AptNames.archiveFile(
            stanza.text(PackagesScanner.Field.PACKAGE),
            stanza.text(PackagesScanner.Field.VERSION),
            stanza.text(PackagesScanner.Field.ARCHITECTURE)),
        Long.parseLong(size),
        hash,
        List.of(),
        route(repository));
  }
}
