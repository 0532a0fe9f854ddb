package dev.regild.server.protection;

import dev.regild.files.Ancestors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;

/** Who can enter the data directory, and what is in it. */
record DataModes(Path data) implements Protection {
  private static final String WHAT = "data directory";

  @Override
  public Finding look() {
    if (!Files.isDirectory(data)) {
      return Finding.unneeded(
          WHAT, data + " is created when the server first starts, readable by its user alone");
    }
    try {
      Path real = data.toRealPath();
      Optional<Path> above = Ancestors.open(real);
      if (above.isPresent()) {
        return Finding.open(
            WHAT,
            "other users can replace it through %s; move it to a directory owned by root or the server's user"
                .formatted(above.get()));
      }
      Optional<String> open = openOne(real);
      return open.map(which ->
              Finding.open(WHAT, which + "; start the server, which fixes this, or: chmod go-rwx"))
          .orElseGet(() ->
              Finding.holds(WHAT, real + " and its contents are accessible to its owner only"));
    } catch (IOException e) {
      return Finding.missing(WHAT, Messages.line(e) + "; run doctor as the server's user");
    }
  }

  private static Optional<String> openOne(Path real) throws IOException {
    PosixFileAttributes own = Files.readAttributes(real, PosixFileAttributes.class);
    if (isOpen(own)) {
      return Optional.of(told(real, own));
    }
    try (Stream<Path> entries = Files.list(real)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        PosixFileAttributes found =
            Files.readAttributes(entry, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isSymbolicLink() && isOpen(found)) {
          return Optional.of(told(entry, found));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isOpen(PosixFileAttributes found) {
    return !PosixFilePermissions.toString(found.permissions()).endsWith("------");
  }

  private static String told(Path path, PosixFileAttributes found) {
    return path + " is " + PosixFilePermissions.toString(found.permissions());
  }
}
