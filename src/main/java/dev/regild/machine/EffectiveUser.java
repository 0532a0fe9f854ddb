package dev.regild.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whose rights this process has. */
public final class EffectiveUser {
  private EffectiveUser() {}

  /** Whether they are root's: proc(5), a process' files belong to its effective user. */
  public static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self/stat"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
