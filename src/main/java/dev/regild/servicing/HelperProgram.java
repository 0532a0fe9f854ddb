package dev.regild.servicing;

import dev.regild.files.CurrentUser;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;

/** The program that does what takes root ({@code regild-helper}), and how it is started. */
final class HelperProgram {
  private static final String NAME = "regild-helper";

  /** What it is made of; they lie side by side. */
  private static final List<String> PARTS =
      List.of(
          NAME,
          "guest_confinement.py",
          "guest_ids.py",
          "guest_limits.py",
          "guest_seccomp.py",
          "guest-syscalls.txt");

  /** Where {@code ./regild setup} puts them: a directory that root alone can change. */
  private static final Path INSTALLED = Path.of("/usr/lib/regild");

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
    try {
      if (CurrentUser.isRoot()) {
        for (String part : PARTS) {
          Path copy = Files.write(directory.resolve(part), Resources.read(part));
          // The storage daemon, which has no capability, runs the first too.
          Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return Program.of("python3", "-IS", directory.resolve(NAME).toString(), "hold");
      }
      for (String part : PARTS) {
        requireInstalled(INSTALLED.resolve(part), Resources.read(part));
      }
      return Program.of("sudo", "-n", "--", INSTALLED.resolve(NAME).toString(), "hold");
    } catch (IOException e) {
      throw new GuestException("Cannot prepare the helper: " + e.getMessage(), e);
    }
  }

  private static void requireInstalled(Path part, byte[] content) throws IOException {
    if (!Files.isReadable(part)) {
      throw new GuestException(
          "The isolation \"namespace\" needs " + part + ", which is missing." + REMEDY);
    }
    if (!Arrays.equals(content, Files.readAllBytes(part))) {
      throw new GuestException(part + " belongs to another version of Regild." + REMEDY);
    }
  }
}
