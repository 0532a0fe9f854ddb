package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.FileTree;
import dev.regild.files.Listing;
import dev.regild.files.Sha256;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Backups in an S3 bucket: {@code contents/SHA-256}, {@code backups/ID.json}, and {@code registry},
 * which says whose they are.
 */
public final class ObjectTarget implements BackupTarget {
  private static final String REGISTRY = "registry";
  private static final String CONTENTS = "contents/";
  private static final String BACKUPS = "backups/";
  private static final String ENDING = ".json";

  /** Scratch directories begin so. */
  private static final String SCRATCH = ".regild-backup-";

  private final ObjectStore objects;
  private final Path workspace;

  private ObjectTarget(ObjectStore objects, Path workspace) {
    this.objects = objects;
    this.workspace = workspace;
  }

  /**
   * Connects to nothing yet.
   *
   * @param objects closed with this
   * @param scratch has room for the largest file; what is made in it is removed
   */
  public static ObjectTarget of(ObjectStore objects, Path scratch) throws IOException {
    return new ObjectTarget(objects, Files.createTempDirectory(scratch, SCRATCH));
  }

  @Override
  public String name() {
    return objects.location().toString();
  }

  @Override
  public Optional<String> registry() throws IOException, InterruptedException {
    return text(REGISTRY).map(String::strip);
  }

  @Override
  public void claim(String registry) throws IOException, InterruptedException {
    List<String> others = new ArrayList<>();
    objects.list("", page -> page.forEach(object -> others.add(object.name())));
    if (!others.isEmpty()) {
      throw new BackupException(
          "%s is not empty, and not a place of backups. Name a prefix without objects."
              .formatted(name()));
    }
    write(REGISTRY, registry + "\n");
  }

  private void write(String object, String content) throws IOException, InterruptedException {
    Path file = Files.createTempFile(workspace, "text-", ".part");
    try {
      Files.writeString(file, content);
      objects.replace(object, file, Sha256.of(content.getBytes(UTF_8)));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private Optional<String> text(String object) throws IOException, InterruptedException {
    Optional<StoredObject> found = objects.find(object);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Path file = workspace.resolve("read-" + object.replace('/', '-'));
    try {
      String sha256 = objects.read(object, found.get().bytes(), file);
      if (!found.get().sha256().equals(Optional.of(sha256))) {
        throw new BackupException(
            "The object %s in %s was changed since it was written. Restore another backup."
                .formatted(object, name()));
      }
      return Optional.of(Files.readString(file));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /**
   * Removes the scratch directories of backups that were killed. An object exists whole or not at
   * all, and its upload is given up by the store's own rule.
   */
  @Override
  public void removeUnfinished() throws IOException {
    Path scratch = workspace.resolveSibling("");
    for (String name : Listing.names(scratch)) {
      Path found = scratch.resolve(name);
      if (name.startsWith(SCRATCH) && !found.equals(workspace)) {
        FileTree.remove(found);
      }
    }
  }

  @Override
  public Set<Content> present(Set<Content> wanted) throws IOException, InterruptedException {
    Map<String, Long> sizes = new HashMap<>();
    objects.list(
        CONTENTS,
        page ->
            page.forEach(
                object -> sizes.put(object.name().substring(CONTENTS.length()), object.bytes())));
    Set<Content> found = new HashSet<>();
    for (Content content : wanted) {
      if (sizes.getOrDefault(content.sha256(), -1L) == content.bytes()) {
        found.add(content);
      }
    }
    return found;
  }

  @Override
  public Content put(Path file, boolean mayChange) throws IOException, InterruptedException {
    if (!mayChange) {
      return putUnchanging(file);
    }
    Path copy = workspace.resolve("copy");
    try {
      var _ = DirectoryTarget.copy(file, copy);
      return putUnchanging(copy);
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  private Content putUnchanging(Path file) throws IOException, InterruptedException {
    Content content = new Content(Sha256.interruptibly(file), Files.size(file));
    objects.replace(CONTENTS + content.sha256(), file, content.sha256());
    return content;
  }

  @Override
  public void read(Content content, Path to) throws IOException, InterruptedException {
    boolean done = false;
    try {
      String sha256 = objects.read(CONTENTS + content.sha256(), content.bytes(), to);
      if (!sha256.equals(content.sha256())) {
        throw new BackupException(damage(content));
      }
      done = true;
    } catch (MissingObjectException | ChangedObjectException e) {
      throw new BackupException(damage(content), e);
    } finally {
      if (!done) {
        Files.deleteIfExists(to);
      }
    }
  }

  @Override
  public Optional<String> problem(Content content) throws IOException, InterruptedException {
    try {
      return objects.sha256(CONTENTS + content.sha256(), content.bytes()).equals(content.sha256())
          ? Optional.empty()
          : Optional.of(damage(content));
    } catch (MissingObjectException | ChangedObjectException e) {
      return Optional.of(damage(content));
    }
  }

  private String damage(Content content) {
    return "The object %s%s in %s is missing or damaged. Delete it, and make a new backup, which copies it again."
        .formatted(CONTENTS, content.sha256(), name());
  }

  @Override
  public List<String> backups() throws IOException, InterruptedException {
    List<String> ids = new ArrayList<>();
    objects.list(
        BACKUPS,
        page ->
            page.stream()
                .map(object -> object.name().substring(BACKUPS.length()))
                .filter(name -> name.endsWith(ENDING))
                .map(name -> name.substring(0, name.length() - ENDING.length()))
                .filter(Manifest::isId)
                .forEach(ids::add));
    return ids.stream().sorted().toList();
  }

  @Override
  public Manifest manifest(String id) throws IOException, InterruptedException {
    String object = BACKUPS + id + ENDING;
    String json =
        text(object)
            .orElseThrow(() ->
                new BackupException(
                    "%s has no backup %s. List its backups: regild backup %s --list"
                        .formatted(name(), id, name())));
    return Manifest.parse(json, name() + "/" + object);
  }

  @Override
  public void add(Manifest manifest) throws IOException, InterruptedException {
    write(BACKUPS + manifest.id() + ENDING, manifest.json());
  }

  @Override
  public void remove(String id) throws IOException, InterruptedException {
    objects.delete(BACKUPS + id + ENDING);
  }

  @Override
  public long removeExcept(Set<Content> needed) throws IOException, InterruptedException {
    Set<String> names = new HashSet<>();
    needed.forEach(content -> names.add(CONTENTS + content.sha256()));
    List<StoredObject> unneeded = new ArrayList<>();
    objects.list(
        CONTENTS,
        page ->
            page.stream().filter(object -> !names.contains(object.name())).forEach(unneeded::add));
    for (StoredObject object : unneeded) {
      objects.delete(object.name());
    }
    return unneeded.stream().mapToLong(StoredObject::bytes).sum();
  }

  @Override
  public void close() {
    objects.close();
    try {
      FileTree.remove(workspace);
    } catch (IOException e) {
      // The system's own cleaning removes it.
    }
  }
}
