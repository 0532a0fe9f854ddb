package dev.regild.windows.catalogue;

import static java.util.stream.Collectors.toSet;

import dev.regild.archive.ArchiveException;
import dev.regild.channel.ChannelException;
import dev.regild.files.DurableFiles;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Packages of a catalogue that a refresh has brought, beside those that its owner has added: {@code
 * followed.json} in the catalogue's directory, with each file under its SHA-256. The caller holds
 * the channel's lock.
 */
public final class FollowedPackages {
  static final String RECORDS = "followed.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path directory;
  private final Map<String, Followed> all;

  /**
   * What was brought for one thing that is followed.
   *
   * @param origin what it was brought for, with its version: another version has another one
   * @param entries of its file; none if it can't be used
   * @param refusal why it can't be used; empty if it can
   * @param rules by which that was decided
   */
  public record Followed(
      String origin, List<CatalogueEntry> entries, String refusal, String rules) {
    public Followed {
      entries = List.copyOf(entries);
      // What was written before rules were kept has none.
      rules = rules == null ? "" : rules;
    }

    /** What can be used was decided by the same rules before these were kept. */
    private boolean isDecidedBy(String wanted) {
      return rules.equals(wanted) || (rules.isEmpty() && refusal.isEmpty());
    }
  }

  private FollowedPackages(Path directory, Map<String, Followed> all) {
    this.directory = directory;
    this.all = all;
  }

  /**
   * Opens those of a catalogue.
   *
   * @param directory of the catalogue, which need not be there yet
   */
  public static FollowedPackages open(Path directory) throws ChannelException {
    Path file = directory.resolve(RECORDS);
    Map<String, Followed> all = new TreeMap<>();
    try {
      List<Followed> read = JSON.readValue(Files.readAllBytes(file), new TypeReference<>() {});
      read.forEach(each -> all.put(each.origin(), each));
    } catch (NoSuchFileException e) {
      // Nothing is followed.
    } catch (JacksonException | IOException e) {
      throw new ChannelException(
          "%s can't be read (%s); remove it, and refresh the channel"
              .formatted(file, e.getMessage()),
          e);
    }
    return new FollowedPackages(directory, all);
  }

  /**
   * Returns what was brought and is still there, or refused, for an origin.
   *
   * @param rules by which it has to have been decided, such as the roots that signatures lead to
   */
  public Optional<Followed> find(String origin, String rules) {
    return Optional.ofNullable(all.get(origin))
        .filter(each -> each.isDecidedBy(rules))
        .filter(each ->
            each.entries().stream()
                .allMatch(entry -> Files.isRegularFile(directory.resolve(entry.sha256()))));
  }

  /** Returns every origin that begins with a text. */
  public List<Followed> of(String beginning) {
    return all.values().stream().filter(each -> each.origin().startsWith(beginning)).toList();
  }

  /** Returns every package. */
  public List<CatalogueEntry> entries() {
    return all.values().stream().flatMap(each -> each.entries().stream()).toList();
  }

  /**
   * Takes a file.
   *
   * @param rules by which it can be used
   * @param name as its server or its maker calls it
   * @param file on the same file system; it is moved
   * @param packages that it holds
   */
  public void bring(
      String origin, String rules, String name, Path file, List<PackageFacts> packages)
      throws ArchiveException, ChannelException, IOException, InterruptedException {
    String sha256 = Sha256.of(file);
    long size = Files.size(file);
    String fileName = Catalogue.fileName(name, sha256, file);
    DurableFiles.force(file);
    DurableFiles.move(file, directory.resolve(sha256));
    all.put(
        origin,
        new Followed(
            origin,
            packages.stream()
                .map(each -> new CatalogueEntry(each, fileName, size, sha256))
                .toList(),
            "",
            rules));
    write();
  }

  /** Remembers that something can't be used, so that it is downloaded again by other rules only. */
  public void refuse(String origin, String rules, String why) throws ChannelException, IOException {
    all.put(origin, new Followed(origin, List.of(), why, rules));
    write();
  }

  /**
   * Removes what is not followed any more.
   *
   * @param beginning of the origins that are looked at
   * @param origins those of them that stay
   */
  public void keepOnly(String beginning, Set<String> origins) throws ChannelException, IOException {
    boolean changed =
        all.keySet().removeIf(each -> each.startsWith(beginning) && !origins.contains(each));
    if (changed) {
      write();
    }
    if (Files.isDirectory(directory)) {
      // Also a file that a crash has left without its record.
      Catalogue.removeUnnamed(directory);
    }
  }

  private void write() throws IOException {
    Files.createDirectories(directory);
    DurableFiles.write(
        directory.resolve(RECORDS),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(List.copyOf(all.values())) + "\n");
  }

  /** Returns the SHA-256 of every file. */
  Set<String> digests() {
    return entries().stream().map(CatalogueEntry::sha256).collect(toSet());
  }
}
