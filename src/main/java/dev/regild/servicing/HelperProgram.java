package dev.regild.servicing;

import dev.regild.machine.EffectiveUser;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/** The program that does what takes root ({@code regild-helper}), and how it is started. */
final class HelperProgram {
  private static final String NAME = "regild-helper";

  /** Where {@code ./regild setup} puts it: in a directory that root alone can change. */
  private static final Path INSTALLED = Path.of("/usr/lib/regild", NAME);

  static final String REMEDY = " Run as root: ./regild setup USER, with the server's user.";

  private HelperProgram() {}

  /**
   * The program, ready to be started: by root, this version's own copy; by another user, through
   * sudo, the installed one.
   *
   * @param directory for that copy; nobody but root can change what is in it if root runs us
   * @throws GuestException if what is installed is not this version's
   */
  static Program in(Path directory) throws GuestException {
    byte[] content = Resources.read(NAME);
    try {
      if (EffectiveUser.isRoot()) {
        Path copy = directory.resolve(NAME);
        Files.write(copy, content);
        // The storage daemon, which has no capability, runs it too.
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Program.of("python3", "-IS", copy.toString(), "hold");
      }
      requireInstalled(content);
      return Program.of("sudo", "-n", "--", INSTALLED.toString(), "hold");
    } catch (IOException e) {
      throw new GuestException("The helper can't be made ready: " + e.getMessage(), e);
    }
  }

  private static void requireInstalled(byte[] content) throws IOException {
    if (!Files.isReadable(INSTALLED)) {
      throw new GuestException(
          "The isolation \"namespace\" needs " + INSTALLED + ", which is missing." + REMEDY);
    }
    if (!Arrays.equals(content, Files.readAllBytes(INSTALLED))) {
      throw new GuestException(INSTALLED + " belongs to another version of Regild." + REMEDY);
    }
  }
}
