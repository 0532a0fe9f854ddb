package dev.regild.server.backup;

import dev.regild.files.Listing;
import dev.regild.server.backup.Manifest.Kind;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files of a data directory that a backup has, beside the database and the layers. */
final class DataFiles {
  /** They hold secrets of this server or of others, and are sealed with the master key. */
  private static final List<String> SECRET =
      List.of("auth.conf", "credentials", "client-certificates", "tls");

  private static final Pattern AUDIT = Pattern.compile("audit(?:-[0-9-]+)?\\.log");
  private static final int MAX_DEPTH = 6;

  private final Path data;

  /** Whether the channels and disks here are copies of what is in a store. */
  private final boolean shared;

  DataFiles(Path data, boolean shared) {
    this.data = data;
    this.shared = shared;
  }

  /** Returns the files by their paths relative to the data directory. */
  NavigableMap<String, Kind> find() throws IOException {
    NavigableMap<String, Kind> found = new TreeMap<>();
    for (String secret : SECRET) {
      if (!shared || secret.equals("credentials") || secret.equals("tls")) {
        add(found, secret, Kind.SEALED);
      }
    }
    add(found, "registry-id", Kind.FILE);
    try (Stream<Path> files = Files.list(data)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> AUDIT.matcher(name).matches())
          .forEach(name -> found.put(name, Kind.FILE));
    }
    if (!shared) {
      add(found, "disks", Kind.FILE);
      add(found, "channels", Kind.FILE);
      for (String digest : currentSnapshots()) {
        add(found, "snapshots/" + digest, Kind.FILE);
      }
    }
    return found;
  }

  private void add(Map<String, Kind> found, String name, Kind kind) throws IOException {
    Path root = data.resolve(name);
    if (Files.isDirectory(root)) {
      // A directory may be a link to another disk; what is in it may be removed meanwhile.
      Files.walkFileTree(
          root,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          MAX_DEPTH,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (attributes.isRegularFile() && !isPassing(root, file)) {
                found.put(data.relativize(file).toString(), kind);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              return continueWithout(e);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
                throws IOException {
              return e == null ? FileVisitResult.CONTINUE : continueWithout(e);
            }
          });
    } else if (Files.isRegularFile(root)) {
      found.put(name, kind);
    }
  }

  private static FileVisitResult continueWithout(IOException e) throws IOException {
    if (e instanceof NoSuchFileException) {
      return FileVisitResult.CONTINUE;
    }
    throw e;
  }

  /** Whether a file is a lock, or being written. */
  private static boolean isPassing(Path root, Path file) {
    for (Path part : root.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    String name = file.getFileName().toString();
    return name.endsWith(".lock") || name.endsWith(".new") || isUnfinishedDisk(root, file);
  }

  /** A disk is whole once its record is there. */
  private static boolean isUnfinishedDisk(Path root, Path file) {
    String name = file.getFileName().toString();
    return root.endsWith("disks")
        && name.endsWith(".disk")
        && Files.notExists(file.resolveSibling(name.replaceFirst("\\.disk$", ".json")));
  }

  /** With them, a restored server plans updates before its first refresh. */
  private List<String> currentSnapshots() throws IOException {
    Path channels = data.resolve("channels");
    List<String> digests = new ArrayList<>();
    if (Files.isDirectory(channels)) {
      for (String name : Listing.names(channels)) {
        if (name.endsWith(".current")) {
          addDigest(digests, channels.resolve(name));
        }
      }
    }
    return digests;
  }

  private static void addDigest(List<String> digests, Path current) throws IOException {
    try {
      String digest = Files.readString(current).strip();
      if (digest.matches("[0-9a-f]{64}")) {
        digests.add(digest);
      }
    } catch (NoSuchFileException e) {
      // The channel was deleted since.
    }
  }
}
