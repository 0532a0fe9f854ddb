package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.account.MasterKey;
import dev.regild.db.PostgresAddress;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.Listing;
import dev.regild.files.LockFile;
import dev.regild.files.Sha256;
import dev.regild.server.backup.Manifest.Entry;
import dev.regild.server.backup.Manifest.Kind;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * Backs up a registry while its servers run. It copies the database first, and then what that copy
 * names. What was deleted meanwhile makes it copy the database again; what it has copied by then
 * stays, so the second round is short. The manifest comes last: until then, there is no backup, and
 * whoever runs it again goes on with the contents that are there.
 */
public final class Backup {
  /** The data directory's note of its last backup. */
  public static final String NOTE = "last-backup.json";

  private static final String WORKSPACE = ".backup-";
  private static final int MOST_ROUNDS = 8;
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final Path data;
  private final RegistryCopy.Source registry;
  private final Optional<ObjectStore> objects;
  private final BackupTarget target;
  private final Options options;
  private final Steps steps;
  private final Clock clock;

  /** Contents that the target has. */
  private final Set<Content> there = new HashSet<>();

  /** Layers and objects that the last copy of the database names, and that are not there. */
  private final Set<String> missing = new HashSet<>();

  private long written;

  /**
   * @param data the server's data directory
   * @param postgres the server's database; empty for the one in the data directory
   * @param objects the server's store; empty if its layers are in the data directory
   */
  public Backup(
      Path data,
      Optional<PostgresAddress> postgres,
      Optional<ObjectStore> objects,
      BackupTarget target,
      Options options,
      Steps steps,
      Clock clock) {
    this.data = data;
    this.registry = RegistryCopy.source(data, postgres);
    this.objects = objects;
    this.target = target;
    this.options = options;
    this.steps = steps;
    this.clock = clock;
  }

  /**
   * How to back up.
   *
   * @param masterKey whether the master key is part of the backup
   * @param keep how many backups stay, the newest; 0 for all
   * @param version of this program
   */
  public record Options(boolean masterKey, int keep, String version) {}

  /** Is told how far it is. */
  @FunctionalInterface
  public interface Steps {
    /**
     * Says what is being done.
     *
     * @param done of it, 0 to 1
     */
    void show(String what, double done);
  }

  /**
   * What was done.
   *
   * @param written bytes that the target did not have
   * @param removed ids of older backups
   * @param freed bytes that only these had
   */
  public record Summary(Manifest backup, long written, List<String> removed, long freed) {}

  /** The note in the data directory. */
  private record Note(String id, Instant made, String target) {}

  /**
   * Makes a backup, and removes those that are too old.
   *
   * @throws BackupException if another backup runs, the target is for something else or is full, or
   *     a layer is damaged
   */
  public Summary run() throws IOException, InterruptedException {
    Optional<LockFile> lock = LockFile.tryAcquire(data.resolve("backup.lock"));
    if (lock.isEmpty()) {
      throw new BackupException(
          "Another backup of %s is running. Wait until it has finished.".formatted(data));
    }
    try (LockFile _ = lock.get();
        BackupLock shared = registry.lock()) {
      return make(shared);
    }
  }

  private Summary make(BackupLock lock) throws IOException, InterruptedException {
    MasterKey masterKey = masterKey();
    removeLeftovers();
    for (int round = 1; round <= MOST_ROUNDS; round++) {
      Optional<Summary> made = round(masterKey, lock);
      if (made.isPresent()) {
        return made.get();
      }
    }
    throw new BackupException(
        "Images were deleted again and again while their layers were copied. Run the backup when"
            + " fewer are deleted; what was copied stays.");
  }

  /** Those of a backup that was killed. */
  private void removeLeftovers() throws IOException {
    for (String name : Listing.names(data)) {
      if (name.startsWith(WORKSPACE)) {
        FileTree.remove(data.resolve(name));
      }
    }
  }

  private MasterKey masterKey() throws IOException {
    return MasterKey.loadExisting(
        data.resolve("master.key"),
        Optional.ofNullable(System.getenv(MasterKey.ENVIRONMENT_VARIABLE)));
  }

  /** Returns empty if something was deleted after the database was copied. */
  private Optional<Summary> round(MasterKey masterKey, BackupLock lock)
      throws IOException, InterruptedException {
    steps.show("database", 0);
    Path workspace =
        Files.createTempDirectory(
            data,
            WORKSPACE,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Instant made = clock.instant();
      RegistryCopy copy = registry.copy(workspace, masterKey);
      if (!copy.ownKey()) {
        throw new BackupException(
            "%s is not the master key of this registry, and could not open its backup. Use the server's: DATA/master.key, or %s."
                .formatted(masterKey, MasterKey.ENVIRONMENT_VARIABLE));
      }
      own(copy.registry());
      List<Entry> entries = new ArrayList<>();
      entries.add(
          new Entry(Kind.DATABASE, copy.file().getFileName().toString(), keep(copy.file(), false)));
      Files.delete(copy.file());
      steps.show("database", 1);
      Optional<List<Entry>> large =
          objects.isEmpty() ? layers(copy) : objects(copy, objects.get(), workspace);
      if (large.isEmpty()) {
        return Optional.empty();
      }
      entries.addAll(large.get());
      Map<String, Entry> files = files(masterKey, workspace);
      if (objects.isEmpty()
          && !copy.importing().stream().allMatch(disk -> files.containsKey(path(disk)))) {
        return Optional.empty();
      }
      entries.addAll(files.values());
      lock.requireHeld();
      return Optional.of(finish(masterKey, copy.registry(), made, entries));
    } finally {
      FileTree.remove(workspace);
    }
  }

  private static String path(String disk) {
    return "disks/" + disk + ".disk";
  }

  private void own(String id) throws IOException, InterruptedException {
    Optional<String> owner = target.registry();
    if (owner.isEmpty()) {
      target.claim(id);
    } else if (!owner.get().equals(id)) {
      throw new BackupException(
          "%s has the backups of another registry. Name another directory or prefix."
              .formatted(target.name()));
    }
    target.removeUnfinished();
  }

  /** Puts a content unless it is there, by the hash of what is in the file now. */
  private Content keep(Path file, boolean mayChange) throws IOException, InterruptedException {
    Content content = target.put(file, mayChange);
    there.add(content);
    written += content.bytes();
    return content;
  }

  private Optional<List<Entry>> layers(RegistryCopy copy) throws IOException, InterruptedException {
    look(new HashSet<>(copy.layers().stream().map(RegistryCopy.KeptLayer::content).toList()));
    List<Entry> entries = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    long all = copy.layers().stream().mapToLong(layer -> layer.content().bytes()).sum();
    long done = 0;
    boolean again = false;
    for (RegistryCopy.KeptLayer layer : copy.layers()) {
      if (!there.contains(layer.content())) {
        Path file = data.resolve(layer.path());
        try {
          if (!keep(file, false).equals(layer.content())) {
            damaged.add(file.toString());
          }
        } catch (NoSuchFileException e) {
          again |= isNewlyMissing(file.toString(), damaged);
        }
      }
      entries.add(new Entry(Kind.LAYER, layer.path(), layer.content()));
      done += layer.content().bytes();
      steps.show("layers", (double) done / Math.max(1, all));
    }
    requireSound(damaged);
    return again ? Optional.empty() : Optional.of(entries);
  }

  /**
   * Whether something may have been deleted since the database was copied. What a later copy still
   * names is lost.
   */
  private boolean isNewlyMissing(String name, List<String> damaged) {
    boolean newly = missing.add(name);
    if (!newly) {
      damaged.add(name + " (missing)");
    }
    return newly;
  }

  private void look(Set<Content> wanted) throws IOException, InterruptedException {
    wanted.removeAll(there);
    if (!wanted.isEmpty()) {
      there.addAll(target.present(wanted));
    }
  }

  private static void requireSound(List<String> damaged) throws BackupException {
    if (!damaged.isEmpty()) {
      String those = damaged.size() == 1 ? "it" : "them";
      throw new BackupException(
          "Damaged: %s. Everything else was copied, but no backup was made: restore %s from an earlier backup, or delete the images on %s."
              .formatted(String.join(", ", damaged), those, those));
    }
  }

  private Optional<List<Entry>> objects(RegistryCopy copy, ObjectStore store, Path workspace)
      throws IOException, InterruptedException {
    List<ObjectRecord> all = new ArrayList<>(copy.objects());
    copy.layers()
        .forEach(layer ->
            all.add(
                new ObjectRecord(
                    layer.object(), layer.content().bytes(), layer.content().sha256())));
    Set<Content> wanted = new HashSet<>();
    all.forEach(object -> wanted.add(new Content(object.sha256(), object.bytes())));
    look(wanted);
    List<Entry> entries = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    long bytes = all.stream().mapToLong(ObjectRecord::bytes).sum();
    long done = 0;
    boolean again = false;
    for (ObjectRecord object : all) {
      Content content = new Content(object.sha256(), object.bytes());
      if (!there.contains(content)) {
        Path file = workspace.resolve("object");
        try {
          String sha256 = store.read(object.name(), object.bytes(), file);
          if (sha256.equals(object.sha256())) {
            var _ = keep(file, false);
          } else {
            damaged.add(object.name());
          }
        } catch (MissingObjectException e) {
          again |= isNewlyMissing(object.name(), damaged);
        } catch (ChangedObjectException e) {
          damaged.add(object.name());
        } finally {
          Files.deleteIfExists(file);
        }
      }
      entries.add(new Entry(Kind.OBJECT, object.name(), content));
      done += object.bytes();
      steps.show("objects", (double) done / Math.max(1, bytes));
    }
    requireSound(damaged);
    return again ? Optional.empty() : Optional.of(entries);
  }

  private Map<String, Entry> files(MasterKey masterKey, Path workspace)
      throws IOException, InterruptedException {
    Map<String, Kind> found = new DataFiles(data, objects.isPresent()).find();
    Map<String, Entry> entries = new TreeMap<>();
    for (Map.Entry<String, Kind> each : found.entrySet()) {
      String path = each.getKey();
      try {
        Content content =
            each.getValue() == Kind.SEALED
                ? sealed(masterKey, path, workspace)
                : plain(data.resolve(path));
        entries.put(path, new Entry(each.getValue(), path, content));
      } catch (NoSuchFileException e) {
        // A channel or a disk that was deleted since.
      }
    }
    if (options.masterKey()) {
      entries.put("master.key", masterKeyFile(workspace));
    }
    steps.show("files", 1);
    return entries;
  }

  private Content plain(Path file) throws IOException, InterruptedException {
    Content now = new Content(Sha256.interruptibly(file), Files.size(file));
    look(new HashSet<>(Set.of(now)));
    return there.contains(now) ? now : keep(file, true);
  }

  private Content sealed(MasterKey masterKey, String path, Path workspace)
      throws IOException, InterruptedException {
    Path file = workspace.resolve("sealed");
    Files.write(file, masterKey.sealFile(path, Files.readAllBytes(data.resolve(path))));
    return keep(file, false);
  }

  private Entry masterKeyFile(Path workspace) throws IOException, InterruptedException {
    String variable = System.getenv(MasterKey.ENVIRONMENT_VARIABLE);
    Path file = data.resolve("master.key");
    if (variable != null) {
      file = Files.writeString(workspace.resolve("master.key"), variable.strip() + "\n");
    }
    return new Entry(Kind.MASTER_KEY, "master.key", plain(file));
  }

  private Summary finish(MasterKey masterKey, String owner, Instant made, List<Entry> entries)
      throws IOException, InterruptedException {
    Set<String> taken = Set.copyOf(target.backups());
    String id = ID.format(made);
    for (int i = 2; taken.contains(id); i++) {
      id = ID.format(made) + "-" + i;
    }
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT,
            id,
            made,
            options.version(),
            owner,
            registry.kind(),
            masterKey.sealFile(id, id.getBytes(US_ASCII)),
            entries);
    target.add(manifest);
    DurableFiles.writePrivate(
        data.resolve(NOTE),
        JsonMapper.shared().writeValueAsString(new Note(id, made, target.name())));
    BackupRetention.Removed removed = new BackupRetention(target).keep(options.keep(), id);
    return new Summary(manifest, written, removed.backups(), removed.bytes());
  }
}
