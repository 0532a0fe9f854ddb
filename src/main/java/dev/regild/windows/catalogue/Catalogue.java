package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.FileForm;
import dev.regild.archive.PackageArchive;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RepositoryContents;
import dev.regild.channel.RepositoryContents.Document;
import dev.regild.fetch.Route;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.LockFile;
import dev.regild.files.Sha256;
import dev.regild.files.VerifiedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The packages of a Windows channel, which its owner adds: {@code NAME.catalogue} beside the
 * channel's file, with each file under its SHA-256, and what is known of them in {@code
 * catalogue.json}. Files are copied in before they are read, so what was read is what is kept.
 */
public final class Catalogue {
  /** What its records are in a snapshot. */
  public static final String KIND = "CATALOGUE";

  public static final String RECORDS = "catalogue.json";
  private static final String INCOMING = ".incoming-";
  private static final Pattern CONTENT = Pattern.compile("[0-9a-f]{64}");
  private static final Duration LONGEST_ADDITION = Duration.ofDays(1);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path directory;
  private final Path lock;
  private final String architecture;
  private final Change change;

  private Catalogue(Path directory, Path lock, String architecture, Change change) {
    this.directory = directory;
    this.lock = lock;
    this.architecture = architecture;
    this.change = change;
  }

  /** Hears of each change, while the channel is locked. */
  @FunctionalInterface
  private interface Change {
    void made() throws ChannelException, IOException, InterruptedException;
  }

  /**
   * Returns the catalogue of a channel.
   *
   * @throws ChannelException if the channel does not exist, or has repositories
   */
  public static Catalogue of(ChannelStore channels, String name) throws ChannelException {
    Channel channel = channels.require(name);
    if (channel.system().sourceKinds().contains(CatalogueSource.KIND)) {
      return of(channels.directory(), channel, () -> channels.handOn(name));
    }
    throw new ChannelException(
        "channel '%s' is for %s, whose updates come from repositories; packages cannot be added one by one"
            .formatted(name, channel.platform()));
  }

  /** The catalogue of a channel, which need not be there yet. */
  public static Catalogue of(Path channels, Channel channel) {
    return of(channels, channel, () -> {});
  }

  private static Catalogue of(Path channels, Channel channel, Change change) {
    return new Catalogue(
        directory(channels, channel.name()),
        channels.resolve(channel.name() + ".lock"),
        channel.architecture(),
        change);
  }

  /** Returns the directory of a channel's catalogue, which need not be there yet. */
  public static Path directory(Path channels, String name) {
    return channels.resolve(name + ".catalogue");
  }

  /**
   * A file that is about to be added; closing it leaves nothing.
   *
   * @param sha256 of the file as it will be kept; of a folder, of its zip
   * @param packages what it holds: one but for a folder of several drivers
   * @param notices what of it was passed over, and why
   * @param there what the catalogue has of this file already
   */
  public record Incoming(
      Path work,
      String name,
      long size,
      String sha256,
      List<PackageFacts> packages,
      List<String> notices,
      List<CatalogueEntry> there)
      implements AutoCloseable {
    public Incoming {
      packages = List.copyOf(packages);
      notices = List.copyOf(notices);
      there = List.copyOf(there);
    }

    Path file() {
      return work.resolve("file");
    }

    @Override
    public void close() throws IOException {
      FileTree.remove(work);
    }
  }

  /**
   * Reads a file or a driver's folder.
   *
   * @param expected the SHA-256 that its vendor names; empty if none is known
   * @throws ChannelException if Windows can't install it, it is damaged, hostile, for another
   *     architecture, or not what was expected
   */
  public Incoming read(Path source, Optional<String> expected)
      throws ChannelException, InterruptedException {
    try {
      removeAbandoned();
      Path work = Files.createDirectories(directory.resolve(INCOMING + UUID.randomUUID()));
      boolean good = false;
      try {
        Incoming incoming = read(source, work, expected);
        good = true;
        return incoming;
      } finally {
        if (!good) {
          FileTree.remove(work);
        }
      }
    } catch (ArchiveException | ChannelException | IllegalArgumentException e) {
      throw new ChannelException(source + " can't be added: " + e.getMessage(), e);
    } catch (IOException | UncheckedIOException e) {
      Throwable why = e instanceof UncheckedIOException ? e.getCause() : e;
      throw new ChannelException(
          source
              + " can't be added ("
              + why
              + "); check that it exists and is readable, and that there is space",
          e);
    }
  }

  private Incoming read(Path source, Path work, Optional<String> expected)
      throws ArchiveException, ChannelException, IOException, InterruptedException {
    Path file = work.resolve("file");
    if (Files.isDirectory(source)) {
      DriverReader.pack(source, file);
    } else if (Files.isRegularFile(source)) {
      Files.copy(source, file);
    } else {
      throw new ChannelException("no such file or directory");
    }
    String sha256 = Sha256.of(file);
    if (expected.isPresent() && !expected.get().equalsIgnoreCase(sha256)) {
      throw new ChannelException(
          "its SHA-256 is %s, not %s; download it again".formatted(sha256, expected.get()));
    }
    String name = String.valueOf(source.toAbsolutePath().normalize().getFileName());
    List<CatalogueEntry> there =
        entries().stream().filter(entry -> entry.sha256().equals(sha256)).toList();
    List<String> notices = new ArrayList<>();
    List<PackageFacts> packages = there.isEmpty() ? packages(file, work, notices) : List.of();
    return new Incoming(work, name, Files.size(file), sha256, packages, notices, there);
  }

  private List<PackageFacts> packages(Path file, Path work, List<String> notices)
      throws ArchiveException, ChannelException, IOException, InterruptedException {
    List<PackageFacts> packages =
        switch (FileForm.of(file)) {
          case CABINET, WIM ->
              List.of(KbReader.read(file, Files.createDirectory(work.resolve("parts"))));
          case INSTALLER -> List.of(MsiReader.read(file));
          case ZIP -> {
            DriverReader.Contents contents = DriverReader.read(file, architecture);
            notices.addAll(contents.passedOver());
            yield contents.drivers();
          }
          case OTHER ->
              throw new ChannelException(
                  "its first bytes are not those of a .msu, .cab, .msi or .zip; add a driver as the"
                      + " directory that contains its .inf");
        };
    for (PackageFacts each : packages) {
      checkArchitecture(each);
    }
    return packages;
  }

  /** Windows for amd64 runs programs for x86, but no drivers and takes no updates for it. */
  private void checkArchitecture(PackageFacts facts) throws ChannelException {
    String own = facts.architecture();
    if (!fits(facts, architecture)) {
      throw new ChannelException(
          "it is for %s but the channel is for %s; add it to a channel for %s"
              .formatted(own, architecture, own));
    }
  }

  static boolean fits(PackageFacts facts, String architecture) {
    String own = facts.architecture();
    return own.isEmpty()
        || own.equals(architecture)
        || own.equals("neutral")
        || (facts.kind() == WindowsPackage.Kind.AGENT && own.equals("x86"));
  }

  /**
   * Adds a file.
   *
   * @param packages those of the file, with nothing missing
   * @return what the catalogue has of it now; what another was faster to add stays as it is
   */
  public List<CatalogueEntry> add(Incoming incoming, List<PackageFacts> packages)
      throws ChannelException, InterruptedException {
    return add(incoming, packages, false);
  }

  /**
   * The same.
   *
   * @param checkpoint whether later updates of its build must have it beside them
   */
  public List<CatalogueEntry> add(
      Incoming incoming, List<PackageFacts> packages, boolean checkpoint)
      throws ChannelException, InterruptedException {
    if (checkpoint
        && packages.stream().anyMatch(each -> each.kind() != WindowsPackage.Kind.CUMULATIVE)) {
      throw new ChannelException(
          incoming.name() + " is not a cumulative update, and only these are checkpoints");
    }
    for (PackageFacts each : packages) {
      checkArchitecture(each);
      if (!each.missing().isEmpty()) {
        throw new IllegalArgumentException(each.name() + " misses " + each.missing());
      }
    }
    try (LockFile _ = LockFile.acquire(lock)) {
      List<CatalogueEntry> entries = new ArrayList<>(entries());
      Predicate<CatalogueEntry> same = entry -> entry.sha256().equals(incoming.sha256());
      List<CatalogueEntry> there = entries.stream().filter(same).toList();
      if (!there.isEmpty()) {
        return there;
      }
      String fileName = fileName(incoming.name(), incoming.sha256(), incoming.file());
      DurableFiles.force(incoming.file());
      DurableFiles.move(incoming.file(), content(incoming.sha256()));
      List<CatalogueEntry> added =
          packages.stream()
              .map(each -> new CatalogueEntry(each, fileName, incoming.size(), incoming.sha256()))
              .map(each -> each.asCheckpoint(checkpoint))
              .toList();
      entries.addAll(added);
      write(entries);
      change.made();
      return added;
    } catch (ArchiveException e) {
      throw new ChannelException(incoming.name() + " can't be added: " + e.getMessage(), e);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** What every file system of a CD and every tool of Windows can have as a name. */
  static String fileName(String name, String sha256, Path file)
      throws ArchiveException, IOException, InterruptedException {
    String stem = name.replaceFirst("(?i)\\.(msu|cab|msi|zip)$", "");
    String plain = stem.replaceAll("[^A-Za-z0-9_-]+", "-").replaceAll("^-+|-+$", "");
    return "%s-%s.%s"
        .formatted(
            plain.substring(0, Math.min(36, plain.length())),
            sha256.substring(0, 12),
            extension(file));
  }

  /** By what it is, as the tools of Windows go by the name. */
  private static String extension(Path file)
      throws ArchiveException, IOException, InterruptedException {
    return switch (FileForm.of(file)) {
      case CABINET -> PackageArchive.open(file).members().contains(KbManifest.FILE) ? "cab" : "msu";
      case WIM -> "msu";
      case INSTALLER -> "msi";
      case ZIP, OTHER -> "zip";
    };
  }

  /** Every package that its owner has added, by kind, name and version. */
  public List<CatalogueEntry> entries() throws ChannelException {
    return read(directory.resolve(RECORDS));
  }

  /** Every package that a refresh has brought. */
  public List<CatalogueEntry> followed() throws ChannelException {
    Set<String> added = entries().stream().map(CatalogueEntry::sha256).collect(toSet());
    return FollowedPackages.open(directory).entries().stream()
        .filter(each -> !added.contains(each.sha256()))
        .distinct()
        .toList();
  }

  private List<CatalogueEntry> all() throws ChannelException {
    return Stream.concat(entries().stream(), followed().stream()).toList();
  }

  public static List<CatalogueEntry> read(Path records) throws ChannelException {
    if (!Files.exists(records)) {
      return List.of();
    }
    try {
      return JSON.readValue(Files.readAllBytes(records), new TypeReference<>() {});
    } catch (JacksonException | IOException e) {
      throw new ChannelException(
          records + " can't be read (" + e.getMessage() + "); remove it, and add its files again",
          e);
    }
  }

  /** With the lock; then only the files are there that an entry names. */
  private void write(List<CatalogueEntry> entries) throws ChannelException, IOException {
    DurableFiles.write(directory.resolve(RECORDS), text(entries));
    removeUnnamed(directory);
  }

  /** Removes the files that no package is in any more, added or followed. */
  static void removeUnnamed(Path directory) throws ChannelException, IOException {
    Set<String> named = new HashSet<>(FollowedPackages.open(directory).digests());
    read(directory.resolve(RECORDS)).forEach(each -> named.add(each.sha256()));
    try (Stream<Path> children = Files.list(directory)) {
      for (Path each : (Iterable<Path>) children::iterator) {
        String name = String.valueOf(each.getFileName());
        if (CONTENT.matcher(name).matches() && !named.contains(name)) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  /** The same entries make the same text, whatever the order in which they came. */
  static String text(List<CatalogueEntry> entries) {
    List<CatalogueEntry> sorted =
        entries.stream()
            .sorted(
                Comparator.comparing((CatalogueEntry entry) -> entry.facts().kind())
                    .thenComparing(entry -> entry.facts().name())
                    .thenComparing(entry -> entry.facts().version())
                    .thenComparing(CatalogueEntry::sha256))
            .toList();
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(sorted) + "\n";
  }

  /**
   * Removes the packages of a name or a KB number, or of a digest or its beginning of at least 8
   * digits; with a file go all of its packages.
   *
   * @return what was removed
   * @throws ChannelException if there is none
   */
  public List<CatalogueEntry> remove(String which) throws ChannelException, InterruptedException {
    try (LockFile _ = LockFile.acquire(lock)) {
      List<CatalogueEntry> entries = entries();
      List<String> digests =
          entries.stream()
              .filter(entry -> isNamed(entry, which))
              .map(CatalogueEntry::sha256)
              .distinct()
              .toList();
      if (digests.isEmpty() && followed().stream().anyMatch(entry -> isNamed(entry, which))) {
        throw new ChannelException(
            "'%s' comes with each refresh; take it out of the channel's sources".formatted(which));
      }
      if (digests.isEmpty()) {
        throw new ChannelException(
            "no update '"
                + which
                + "'; 'regild channel list-updates' shows names, KB numbers and digests");
      }
      write(entries.stream().filter(entry -> !digests.contains(entry.sha256())).toList());
      change.made();
      return entries.stream().filter(entry -> digests.contains(entry.sha256())).toList();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static boolean isNamed(CatalogueEntry entry, String which) {
    return entry.facts().name().equalsIgnoreCase(which)
        || (!entry.facts().kb().isEmpty() && entry.facts().kb().equalsIgnoreCase(which))
        || (which.length() >= 8 && entry.sha256().startsWith(which.toLowerCase(Locale.ROOT)));
  }

  /**
   * What a snapshot of it holds, after each file was compared with its digest.
   *
   * @param files remembers what was compared within a day
   * @throws ChannelException if a file is gone or was changed
   */
  public RepositoryContents contents(VerifiedFiles files) throws ChannelException, IOException {
    return contents(files, OfferedUpdates.NONE, Route.DEFAULT, List.of());
  }

  /**
   * The same, with what a server offers beside it.
   *
   * @param route how that server is reached
   * @param notices what the operator should know of the server
   */
  public RepositoryContents contents(
      VerifiedFiles files, OfferedUpdates offered, Route route, List<String> notices)
      throws ChannelException, IOException {
    List<Document> documents = new ArrayList<>();
    byte[] records = text(verified(files)).getBytes(UTF_8);
    documents.add(new Document(RECORDS, KIND, records, ""));
    if (!offered.server().isEmpty()) {
      byte[] updates = offered.text().getBytes(UTF_8);
      documents.add(
          new Document(OfferedUpdates.FILE, OfferedUpdates.KIND, updates, offered.server()));
    }
    return new RepositoryContents(
            documents,
            List.of(),
            _ -> List.of(),
            Map.of(),
            Map.of(),
            route.equals(Route.DEFAULT) ? Map.of() : Map.of(offered.server(), route),
            notices)
        // The same files for another architecture are another snapshot.
        .identifiedBy(architecture + "\n")
        .completedBy(snapshot -> {
          linkInto(snapshot);
          return List.of();
        });
  }

  private List<CatalogueEntry> verified(VerifiedFiles files) throws ChannelException, IOException {
    List<CatalogueEntry> entries = all();
    Set<String> added = entries().stream().map(CatalogueEntry::sha256).collect(toSet());
    for (String digest : entries.stream().map(CatalogueEntry::sha256).distinct().toList()) {
      Path file = content(digest);
      if (!files.isIntact(file, digest)) {
        throw added.contains(digest) ? damaged(file, digest) : damagedFollowed(file);
      }
    }
    return entries;
  }

  private static ChannelException damaged(Path file, String digest) {
    return new ChannelException(
        "%s is missing or has changed since it was added; remove it with: regild channel"
                .formatted(file)
            + " remove-update CHANNEL "
            + digest.substring(0, 12)
            + ", and add it again");
  }

  /** The next refresh downloads what isn't there. */
  private static ChannelException damagedFollowed(Path file) throws IOException {
    Files.deleteIfExists(file);
    return new ChannelException(
        "%s was missing or had changed since a refresh downloaded it; refresh the channel again,"
                .formatted(file)
            + " which downloads it again");
  }

  /** Puts the packages' files into a snapshot's directory, under their names. */
  void linkInto(Path snapshot) throws ChannelException, IOException {
    for (CatalogueEntry entry : all()) {
      Path target = snapshot.resolve(entry.fileName());
      if (!Files.exists(target)) {
        Files.createLink(target, content(entry.sha256()));
      }
    }
  }

  /** Removes a channel's catalogue, if it has one; snapshots are not affected. */
  public static void removeAll(Path channels, String channel) throws IOException {
    FileTree.remove(directory(channels, channel));
  }

  private Path content(String sha256) {
    return directory.resolve(sha256);
  }

  private void removeAbandoned() throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    Instant old = Instant.now().minus(LONGEST_ADDITION);
    try (Stream<Path> children = Files.list(directory)) {
      for (Path each : (Iterable<Path>) children::iterator) {
        if (String.valueOf(each.getFileName()).startsWith(INCOMING)
            && Files.getLastModifiedTime(each).toInstant().isBefore(old)) {
          FileTree.remove(each);
        }
      }
    }
  }

  private ChannelException unusable(IOException e) {
    return new ChannelException(
        "the catalogue in "
            + directory
            + " can't be used ("
            + e
            + "); free some space there, or fix the permissions",
        e);
  }
}
