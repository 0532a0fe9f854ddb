package dev.regild.server.backup;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one backup has. It is written last: a backup without its manifest does not exist.
 *
 * @param format {@link #FORMAT}
 * @param id of the backup: its time, {@code 20261130T185501Z}
 * @param made when its database was copied
 * @param version of the Regild that made it
 * @param registry whose it is
 * @param database how it has the registry
 * @param proof the id, sealed with the registry's master key: only that key opens it
 * @param entries the files and objects
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Manifest(
    int format,
    String id,
    Instant made,
    String version,
    String registry,
    DatabaseKind database,
    byte[] proof,
    List<Entry> entries) {
  /** The form of manifests and targets that this version writes. */
  static final int FORMAT = 1;

  private static final Pattern ID = Pattern.compile("\\d{8}T\\d{6}Z(?:-\\d{1,3})?");
  private static final JsonMapper JSON = JsonMapper.shared();

  public Manifest {
    entries = List.copyOf(entries);
    proof = proof.clone();
    if (!isId(id)) {
      throw new IllegalArgumentException("'%s' is not the id of a backup".formatted(id));
    }
  }

  /** The database of a registry. */
  public enum DatabaseKind {
    /** An SQLite file. */
    SQLITE,
    /** A dump of PostgreSQL in its custom format. */
    POSTGRESQL
  }

  /** What an entry is, which decides where a restore writes it. */
  public enum Kind {
    /** The database. */
    DATABASE,
    /** A file of the data directory. */
    FILE,
    /** A file of the data directory that the master key encrypts in the backup. */
    SEALED,
    /** A layer in the data directory. */
    LAYER,
    /** The master key. */
    MASTER_KEY,
    /** An object of the store. */
    OBJECT
  }

  /**
   * One file or object.
   *
   * @param path relative to the data directory, or the object's name in the store
   */
  public record Entry(Kind kind, String path, long bytes, String sha256) {
    /** The first parts of paths in a data directory. */
    private static final Set<String> ROOTS =
        Set.of(
            "layers",
            "disks",
            "channels",
            "snapshots",
            "client-certificates",
            "tls",
            "auth.conf",
            "credentials",
            "registry-id");

    private static final Pattern AUDIT = Pattern.compile("audit(?:-[0-9-]+)?\\.log");
    private static final String NAME = "[^/\\x00-\\x1f]{1,255}";
    private static final Pattern PATH =
        Pattern.compile("(?!.*(?:^|/)\\.{1,2}(?:/|$))" + NAME + "(?:/" + NAME + "){0,8}");

    public Entry {
      String root = path.contains("/") ? path.substring(0, path.indexOf('/')) : path;
      boolean known =
          switch (kind) {
            case DATABASE -> path.equals("regild.db") || path.equals("regild.dump");
            case MASTER_KEY -> path.equals("master.key");
            case OBJECT -> true;
            case FILE, SEALED, LAYER -> ROOTS.contains(root) || AUDIT.matcher(path).matches();
          };
      if (!PATH.matcher(path).matches() || !known) {
        throw new IllegalArgumentException("'%s' can't be restored".formatted(path));
      }
      var _ = new Content(sha256, bytes);
    }

    Entry(Kind kind, String path, Content content) {
      this(kind, path, content.bytes(), content.sha256());
    }

    Content content() {
      return new Content(sha256, bytes);
    }
  }

  @Override
  public byte[] proof() {
    return proof.clone();
  }

  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Returns the bytes of all its files and objects. */
  public long bytes() {
    return entries.stream().mapToLong(Entry::bytes).sum();
  }

  /** Whether a restore of it needs the master key from elsewhere. */
  public boolean lacksMasterKey() {
    return entries.stream().noneMatch(entry -> entry.kind() == Kind.MASTER_KEY);
  }

  String json() {
    return JSON.writeValueAsString(this);
  }

  /**
   * Reads a manifest.
   *
   * @param where it was read, for messages
   * @throws BackupException if it is damaged, or of a newer version
   */
  static Manifest parse(String json, String where) throws BackupException {
    try {
      int format = JSON.readTree(json).path("format").asInt(0);
      if (format > FORMAT) {
        throw new BackupException(
            "A newer version of Regild made the backup %s. Use that version.".formatted(where));
      }
      return JSON.readValue(json, Manifest.class);
    } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
      throw new BackupException(
          "The backup %s is damaged: its manifest can't be read (%s). Restore another backup, and delete this manifest."
              .formatted(where, firstLine(e)),
          e);
    }
  }

  private static String firstLine(RuntimeException e) {
    String text = e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
    return String.valueOf(text).lines().findFirst().orElse("");
  }
}
