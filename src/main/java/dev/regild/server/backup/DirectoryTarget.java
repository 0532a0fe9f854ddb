package dev.regild.server.backup;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.disk.ByteCount;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Backups in a directory that its owner alone can enter: {@code contents/ab/ab12…}, {@code
 * backups/ID.json}, and {@code registry}, which says whose they are. Files are 0600.
 */
public final class DirectoryTarget implements BackupTarget {
  private static final String REGISTRY = "registry";
  private static final String CONTENTS = "contents";
  private static final String BACKUPS = "backups";
  private static final String UNFINISHED = "unfinished";
  private static final String ENDING = ".json";
  private static final int BUFFER = 1 << 20;

  private final Path directory;

  /** Makes nothing yet. */
  public DirectoryTarget(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  @Override
  public String name() {
    return directory.toString();
  }

  @Override
  public Optional<String> registry() throws IOException {
    Path file = directory.resolve(REGISTRY);
    return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
  }

  @Override
  public void claim(String registry) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory.resolveSibling(""));
    } else if (!Listing.names(directory).isEmpty()) {
      throw new BackupException(
          "%s is not empty, and not a directory of backups. Name a new or an empty directory."
              .formatted(directory));
    }
    var _ = PrivateDirectory.take(directory);
    DurableFiles.write(directory.resolve(REGISTRY), registry + "\n");
  }

  @Override
  public void removeUnfinished() throws IOException {
    for (String name : List.of(CONTENTS, BACKUPS)) {
      var _ = PrivateDirectory.within(directory, name);
    }
    FileTree.remove(directory.resolve(UNFINISHED));
  }

  @Override
  public Set<Content> present(Set<Content> wanted) throws IOException {
    Set<Content> found = new HashSet<>();
    for (Content content : wanted) {
      Path file = file(content);
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          && Files.size(file) == content.bytes()) {
        found.add(content);
      }
    }
    return found;
  }

  @Override
  public Content put(Path file, boolean mayChange) throws IOException {
    Path fresh =
        PrivateDirectory.within(directory, UNFINISHED).path().resolve(UUID.randomUUID().toString());
    try {
      Content content = copy(file, fresh);
      Path target = file(content);
      Path parent = target.resolveSibling("");
      if (!Files.isDirectory(parent)) {
        var _ = PrivateDirectory.take(parent);
        DurableFiles.force(directory.resolve(CONTENTS));
      }
      DurableFiles.move(fresh, target);
      return content;
    } catch (IOException e) {
      throw full(e);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Copies and hashes in one pass, because the file may grow meanwhile. */
  static Content copy(Path from, Path to) throws IOException {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[BUFFER];
    long bytes = 0;
    try (InputStream in = Files.newInputStream(from);
        FileChannel out =
            FileChannel.open(
                to,
                Set.of(CREATE_NEW, WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")))) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        ByteBuffer piece = ByteBuffer.wrap(buffer, 0, n);
        while (piece.hasRemaining()) {
          out.write(piece);
        }
        bytes += n;
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted while copying " + from);
        }
      }
      out.force(true);
    }
    return new Content(Sha256.hex(digest), bytes);
  }

  /** Some of Java's calls report it as a reason, others as a message alone. */
  private IOException full(IOException e) throws IOException {
    return String.valueOf(e.getMessage()).contains("No space left")
        ? new BackupException(
            "The file system of %s is full (%s free). The backups there are complete: free some space, and run this again to go on."
                .formatted(
                    directory, ByteCount.text(Files.getFileStore(directory).getUsableSpace())),
            e)
        : e;
  }

  @Override
  public void read(Content content, Path to) throws IOException {
    boolean done = false;
    try {
      Content found = copy(existing(content), to);
      if (!found.equals(content)) {
        throw new BackupException(damage(content, found));
      }
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(to);
      }
    }
  }

  private Path existing(Content content) throws BackupException {
    Path file = file(content);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new BackupException(
          "%s is missing from the backup. Restore another backup.".formatted(file));
    }
    return file;
  }

  private String damage(Content content, Content found) {
    return "%s is damaged: it has %d bytes with the SHA-256 %s, not %d bytes. Delete it, and make a new backup, which copies it again."
        .formatted(file(content), found.bytes(), found.sha256(), content.bytes());
  }

  @Override
  public Optional<String> problem(Content content) throws IOException {
    Path file = file(content);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of(
          "%s is missing. Make a new backup, which copies it again.".formatted(file));
    }
    Content found = new Content(Sha256.interruptibly(file), Files.size(file));
    return found.equals(content) ? Optional.empty() : Optional.of(damage(content, found));
  }

  private Path file(Content content) {
    return directory
        .resolve(CONTENTS)
        .resolve(content.sha256().substring(0, 2))
        .resolve(content.sha256());
  }

  @Override
  public List<String> backups() throws IOException {
    Path manifests = directory.resolve(BACKUPS);
    if (!Files.isDirectory(manifests)) {
      return List.of();
    }
    return Listing.names(manifests).stream()
        .filter(name -> name.endsWith(ENDING))
        .map(name -> name.substring(0, name.length() - ENDING.length()))
        .filter(Manifest::isId)
        .sorted()
        .toList();
  }

  @Override
  public Manifest manifest(String id) throws IOException {
    Path file = manifestFile(id);
    try {
      return Manifest.parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new BackupException(
          "%s has no backup %s. List its backups: regild backup %s --list"
              .formatted(directory, id, directory),
          e);
    } catch (CharacterCodingException e) {
      throw new BackupException(
          "The backup %s is damaged: its manifest is not text. Restore another backup."
              .formatted(file),
          e);
    }
  }

  private Path manifestFile(String id) {
    return directory.resolve(BACKUPS).resolve(id + ENDING);
  }

  @Override
  public void add(Manifest manifest) throws IOException {
    try {
      DurableFiles.write(manifestFile(manifest.id()), manifest.json());
    } catch (IOException e) {
      throw full(e);
    }
  }

  @Override
  public void remove(String id) throws IOException {
    Files.deleteIfExists(manifestFile(id));
    DurableFiles.force(directory.resolve(BACKUPS));
  }

  @Override
  public long removeExcept(Set<Content> needed) throws IOException {
    Set<String> names = new HashSet<>();
    needed.forEach(content -> names.add(content.sha256()));
    long removed = 0;
    for (String part : Listing.names(directory.resolve(CONTENTS))) {
      Path parent = directory.resolve(CONTENTS).resolve(part);
      try (Stream<Path> files = Files.list(parent)) {
        for (Path file : files.toList()) {
          if (!names.contains(file.getFileName().toString())) {
            removed += Files.size(file);
            Files.delete(file);
          }
        }
      }
    }
    return removed;
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
