package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.account.MasterKey;
import dev.regild.account.SigningKeys;
import dev.regild.account.WrongMasterKeyException;
import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.disk.ByteCount;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import dev.regild.server.backup.Manifest.DatabaseKind;
import dev.regild.server.backup.Manifest.Entry;
import dev.regild.server.backup.Manifest.Kind;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Restores a backup into an empty data directory, and what was in PostgreSQL and a store into an
 * empty database and an empty prefix. Each content is verified. The database comes last, and until
 * then no server starts on the directory; whoever runs an interrupted restore again goes on with
 * what is there.
 */
public final class Restore {
  /** In a data directory whose restore has not ended; holds the id of the backup. */
  public static final String UNFINISHED = "restore-unfinished";

  private static final String WORK = ".restoring";

  private final BackupTarget source;
  private final Path data;
  private final Optional<MasterKey> given;
  private final Optional<PostgresAddress> postgres;
  private final Optional<ObjectStore> objects;
  private final Backup.Steps steps;

  /**
   * @param data does not exist, is empty, or has an unfinished restore of the same backup
   * @param given the master key, if the backup does not have it
   * @param postgres an empty database, for a backup of a registry in PostgreSQL
   * @param objects an empty store, for a backup with objects
   */
  public Restore(
      BackupTarget source,
      Path data,
      Optional<MasterKey> given,
      Optional<PostgresAddress> postgres,
      Optional<ObjectStore> objects,
      Backup.Steps steps) {
    this.source = source;
    this.data = data.toAbsolutePath().normalize();
    this.given = given;
    this.postgres = postgres;
    this.objects = objects;
    this.steps = steps;
  }

  /**
   * Restores a backup.
   *
   * @param id of the backup; empty for the newest
   * @throws BackupException if it is damaged, the place is not empty, or the master key is missing
   *     or another registry's
   */
  public Manifest run(Optional<String> id) throws IOException, InterruptedException {
    Manifest manifest = source.manifest(id.isPresent() ? id.get() : newest());
    requirePlaces(manifest);
    requireEmptyDatabase();
    begin(manifest);
    Path work = PrivateDirectory.within(data, WORK).path();
    MasterKey masterKey = masterKey(manifest, work);
    requireOf(manifest, masterKey);
    Path database = database(manifest, masterKey, work);
    restoreFiles(manifest, masterKey, work);
    restoreObjects(manifest, work);
    finish(manifest, database);
    return manifest;
  }

  private String newest() throws IOException, InterruptedException {
    List<String> all = source.backups();
    if (all.isEmpty()) {
      throw new BackupException(source.name() + " has no backup. Name another place.");
    }
    return all.getLast();
  }

  private void requirePlaces(Manifest manifest) throws BackupException {
    boolean dump = manifest.database() == DatabaseKind.POSTGRESQL;
    if (dump != postgres.isPresent()) {
      throw new BackupException(
          dump
              ? "The backup is of a registry in PostgreSQL. Name an empty database with --database"
                  + " URL."
              : "The backup is of a registry in a data directory. Leave out --database, and move it"
                  + " afterwards with regild migrate.");
    }
    boolean store = manifest.entries().stream().anyMatch(entry -> entry.kind() == Kind.OBJECT);
    if (store && objects.isEmpty()) {
      throw new BackupException(
          "The backup has the objects of a store. Name a store without objects with --store"
              + " s3://BUCKET/PREFIX.");
    }
  }

  /** Takes an empty directory, or this restore's own half. */
  private void begin(Manifest manifest) throws IOException, InterruptedException {
    if (!Files.isDirectory(data)) {
      Files.createDirectories(data.resolveSibling(""));
    }
    Path mark = data.resolve(UNFINISHED);
    boolean goesOn =
        Files.exists(mark) && Files.readString(mark, US_ASCII).strip().equals(manifest.id());
    if (!goesOn && Files.isDirectory(data) && !Listing.names(data).isEmpty()) {
      throw new BackupException(
          Files.exists(mark)
              ? "%s has an unfinished restore of another backup. Remove the directory, or restore the backup %s."
                  .formatted(data, Files.readString(mark, US_ASCII).strip())
              : "%s is not empty. Name a directory that does not exist or is empty."
                  .formatted(data));
    }
    // Only now: a directory that was named by mistake keeps its permissions.
    var _ = PrivateDirectory.take(data);
    DurableFiles.writePrivate(mark, manifest.id() + "\n");
    FileTree.remove(data.resolve(WORK));
    requireRoom(manifest);
    requireEmptyStore(manifest);
  }

  private void requireRoom(Manifest manifest) throws IOException {
    long needed = 0;
    for (Entry entry : manifest.entries()) {
      Path file = data.resolve(entry.path());
      if (entry.kind() != Kind.OBJECT
          && !(Files.exists(file) && Files.size(file) == entry.bytes())) {
        needed += entry.bytes();
      }
    }
    long free = Files.getFileStore(data).getUsableSpace();
    if (needed > free) {
      throw new BackupException(
          "The restore needs %s, and %s has only %s free. Free some space, or name another directory."
              .formatted(ByteCount.text(needed), data, ByteCount.text(free)));
    }
  }

  private void requireEmptyStore(Manifest manifest) throws IOException, InterruptedException {
    if (objects.isEmpty()) {
      return;
    }
    Set<String> own = new HashSet<>();
    manifest.entries().stream()
        .filter(entry -> entry.kind() == Kind.OBJECT)
        .forEach(entry -> own.add(entry.path()));
    Set<String> foreign = new HashSet<>();
    objects
        .get()
        .list(
            "",
            page ->
                page.stream()
                    .map(StoredObject::name)
                    .filter(name -> !own.contains(name))
                    .forEach(foreign::add));
    if (!foreign.isEmpty()) {
      throw new BackupException(
          "The store %s is not empty (%s). Name a prefix without objects."
              .formatted(objects.get().location(), foreign.iterator().next()));
    }
  }

  private MasterKey masterKey(Manifest manifest, Path work)
      throws IOException, InterruptedException {
    Optional<Entry> kept =
        manifest.entries().stream().filter(entry -> entry.kind() == Kind.MASTER_KEY).findFirst();
    if (given.isPresent()) {
      return given.get();
    }
    if (kept.isEmpty()) {
      throw new BackupException(
          "The backup %s has no master key. Name the file that has it with --master-key FILE, or set %s."
              .formatted(manifest.id(), MasterKey.ENVIRONMENT_VARIABLE));
    }
    Path file = work.resolve("master.key");
    source.read(kept.get().content(), file);
    return MasterKey.loadExisting(file, Optional.empty());
  }

  private static void requireOf(Manifest manifest, MasterKey masterKey) throws BackupException {
    try {
      var _ = masterKey.openFile(manifest.id(), manifest.proof());
    } catch (WrongMasterKeyException e) {
      throw new BackupException(
          "%s is not the one of the backup. Name the file that has it with --master-key FILE."
              .formatted(masterKey),
          e);
    }
  }

  /** Reads the database first: whether it can be used decides whether the rest is of use. */
  private Path database(Manifest manifest, MasterKey masterKey, Path work)
      throws IOException, InterruptedException {
    Entry entry =
        manifest.entries().stream()
            .filter(each -> each.kind() == Kind.DATABASE)
            .findFirst()
            .orElseThrow(() ->
                new BackupException(
                    "The backup %s has no database. Restore another backup."
                        .formatted(manifest.id())));
    steps.show("database", 0);
    Path file = work.resolve(entry.path());
    source.read(entry.content(), file);
    if (manifest.database() == DatabaseKind.SQLITE) {
      Path trial = work.resolve("trial.db");
      Files.copy(file, trial);
      requireUsable(trial, masterKey);
      for (String name : List.of("trial.db", "trial.db-wal", "trial.db-shm")) {
        Files.deleteIfExists(work.resolve(name));
      }
    }
    steps.show("database", 1);
    return file;
  }

  /** A server of this version can start on it, with this master key. */
  private static void requireUsable(Path trial, MasterKey masterKey) throws BackupException {
    try (Database database = Database.open(trial)) {
      requireSecrets(database, masterKey);
    } catch (BackupException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BackupException(
          "This version of Regild can't use the database of the backup: " + e.getMessage(), e);
    }
  }

  private static void requireSecrets(Database database, MasterKey masterKey)
      throws BackupException {
    try {
      var _ = new SigningKeys(database, masterKey, Clock.systemUTC()).firstStart();
    } catch (WrongMasterKeyException e) {
      throw new BackupException(
          "%s does not open the secrets of the backup's database. Restore another backup."
              .formatted(masterKey),
          e);
    }
  }

  private void restoreFiles(Manifest manifest, MasterKey masterKey, Path work)
      throws IOException, InterruptedException {
    long all = manifest.bytes();
    long done = 0;
    for (Entry entry : manifest.entries()) {
      switch (entry.kind()) {
        case FILE -> put(entry, "rw-------", work);
        case LAYER -> put(entry, "r--------", work);
        case MASTER_KEY -> put(entry, "rw-------", work);
        case SEALED -> unseal(entry, masterKey, work);
        case DATABASE, OBJECT -> {
          // Before and after.
        }
      }
      done += entry.bytes();
      steps.show("files", (double) done / Math.max(1, all));
    }
  }

  private void put(Entry entry, String mode, Path work) throws IOException, InterruptedException {
    Path file = parent(entry);
    if (isThere(file, entry.content())) {
      return;
    }
    Path fresh = work.resolve("fresh");
    Files.deleteIfExists(fresh);
    source.read(entry.content(), fresh);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
    DurableFiles.force(fresh);
    DurableFiles.move(fresh, file);
  }

  private static boolean isThere(Path file, Content content) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.size(file) == content.bytes()
        && Sha256.interruptibly(file).equals(content.sha256());
  }

  private Path parent(Entry entry) throws IOException {
    Path file = data.resolve(entry.path());
    Path directory = data;
    for (Path part : data.relativize(file.resolveSibling(""))) {
      directory = directory.resolve(part);
      if (!part.toString().isEmpty() && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        var _ = PrivateDirectory.take(directory);
      }
    }
    return file;
  }

  private void unseal(Entry entry, MasterKey masterKey, Path work)
      throws IOException, InterruptedException {
    Path sealed = work.resolve("sealed");
    Files.deleteIfExists(sealed);
    source.read(entry.content(), sealed);
    Path fresh =
        Files.createFile(
            work.resolve("open"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(fresh, masterKey.openFile(entry.path(), Files.readAllBytes(sealed)));
      DurableFiles.force(fresh);
      DurableFiles.move(fresh, parent(entry));
    } catch (WrongMasterKeyException e) {
      throw new BackupException(
          "%s does not open %s of the backup. Name the right key with --master-key FILE."
              .formatted(masterKey, entry.path()),
          e);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private void restoreObjects(Manifest manifest, Path work)
      throws IOException, InterruptedException {
    List<Entry> entries =
        manifest.entries().stream().filter(entry -> entry.kind() == Kind.OBJECT).toList();
    int done = 0;
    for (Entry entry : entries) {
      ObjectStore store = objects.orElseThrow();
      Optional<StoredObject> found = store.find(entry.path());
      if (found.isEmpty()
          || found.get().bytes() != entry.bytes()
          || !found.get().sha256().equals(Optional.of(entry.sha256()))) {
        Path file = work.resolve("object");
        Files.deleteIfExists(file);
        source.read(entry.content(), file);
        store.replace(entry.path(), file, entry.sha256());
        Files.delete(file);
      }
      steps.show("objects", (double) ++done / entries.size());
    }
  }

  private void finish(Manifest manifest, Path database) throws IOException, InterruptedException {
    if (manifest.database() == DatabaseKind.SQLITE) {
      Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-------"));
      DurableFiles.moveInto(data, database, "regild.db");
    } else {
      restoreDump(database);
    }
    FileTree.remove(data.resolve(WORK));
    Files.delete(data.resolve(UNFINISHED));
    DurableFiles.force(data);
  }

  private void restoreDump(Path dump) throws IOException, InterruptedException {
    // Again: the objects took hours, perhaps.
    requireEmptyDatabase();
    new PostgresPrograms(postgres.orElseThrow()).restore(dump);
  }

  private void requireEmptyDatabase() throws BackupException {
    if (postgres.isEmpty()) {
      return;
    }
    PostgresAddress address = postgres.get();
    try (Database target = Database.inspect(address)) {
      List<String> tables =
          target.read(handle ->
              handle
                  .createQuery(
                      "SELECT table_name FROM information_schema.tables WHERE table_schema ="
                          + " current_schema()")
                  .mapTo(String.class)
                  .list());
      if (!tables.isEmpty()) {
        throw new BackupException(
            "The database %s is not empty (%s). Name a new database."
                .formatted(address, tables.getFirst()));
      }
    }
  }
}
