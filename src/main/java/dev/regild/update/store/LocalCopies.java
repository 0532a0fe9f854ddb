package dev.regild.update.store;

import dev.regild.files.Sha256;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A node's copies of contents. Their names do not tell which content they have. */
final class LocalCopies {
  private final Map<Long, List<Path>> bySize = new HashMap<>();
  private final Map<Path, String> hashes = new HashMap<>();

  private LocalCopies() {}

  /** Looks at the files of these directories; those that do not exist have none. */
  static LocalCopies in(List<Path> directories) throws IOException {
    LocalCopies copies = new LocalCopies();
    for (Path directory : directories) {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (attributes.isRegularFile()) {
                copies.bySize.computeIfAbsent(attributes.size(), _ -> new ArrayList<>()).add(file);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              // The server, which may be running, removes files meanwhile.
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    }
    return copies;
  }

  /** Returns a file with this content. */
  Optional<Path> find(ObjectRecord content) throws IOException, InterruptedException {
    for (Path file : bySize.getOrDefault(content.bytes(), List.of())) {
      try {
        if (hash(file).equals(content.sha256())) {
          return Optional.of(file);
        }
      } catch (NoSuchFileException e) {
        // Removed meanwhile.
      }
    }
    return Optional.empty();
  }

  private String hash(Path file) throws IOException, InterruptedException {
    String known = hashes.get(file);
    if (known != null) {
      return known;
    }
    String hash = Sha256.interruptibly(file);
    hashes.put(file, hash);
    return hash;
  }
}
