package dev.regild.server.protection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The umask, seen by the mode of a file that was made without saying one. */
final class NewFiles implements Protection {
  private static final String WHAT = "umask";

  @Override
  public Finding look() {
    try {
      Path directory = Files.createTempDirectory("regild-umask-");
      Path file = directory.resolve("file");
      try {
        Files.writeString(file, "");
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        return mode.endsWith("------")
            ? Finding.holds(WHAT, "a new file is " + mode)
            : Finding.open(WHAT, "a new file is " + mode + "; start Regild with ./regild");
      } finally {
        Files.deleteIfExists(file);
        Files.delete(directory);
      }
    } catch (IOException e) {
      return Finding.missing(WHAT, Messages.line(e) + "; free some space for temporary files");
    }
  }
}
