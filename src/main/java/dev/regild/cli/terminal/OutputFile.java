package dev.regild.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file that a command writes its result to: whole, or not at all. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Writes a file in the place of what has its name.
   *
   * @throws IOException if it can't be written, or its directory does not exist
   */
  public static void write(Path file, InputStream content) throws IOException {
    Path whole = file.toAbsolutePath();
    Path directory = whole.resolveSibling(".");
    if (!Files.isDirectory(directory)) {
      throw new IOException(
          "The directory of %s does not exist. Create it, or name another file.".formatted(file));
    }
    Path temporary = Files.createTempFile(directory, ".regild", ".part");
    try {
      Files.copy(content, temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(temporary, whole, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
