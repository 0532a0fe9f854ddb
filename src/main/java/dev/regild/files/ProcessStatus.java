package dev.regild.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What Linux says of this process in {@code /proc/self/status} (proc(5)). The first call of a
 * native function takes 80 ms, which each command would pay at its start.
 */
record ProcessStatus(List<String> lines) {
  private static final int EFFECTIVE = 1;

  static ProcessStatus read() {
    try {
      return new ProcessStatus(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The effective user's number. */
  int uid() {
    return Integer.parseInt(field("Uid")[EFFECTIVE]);
  }

  /** The mask of new files' modes. */
  int umask() {
    return Integer.parseInt(field("Umask")[0], 8);
  }

  private String[] field(String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip().split("\\s+"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("/proc/self/status has no line " + name));
  }
}
