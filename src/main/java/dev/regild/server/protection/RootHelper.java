package dev.regild.server.protection;

import dev.regild.files.Ancestors;
import dev.regild.files.CurrentUser;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The small program that alone is root, for the isolation {@code namespace}. */
final class RootHelper implements Protection {
  private static final String WHAT = "root helper";
  private static final Path HELPER = Path.of("/usr/lib/regild/regild-helper");
  private static final int WRITABLE_BY_OTHERS = 0022;

  @Override
  public Finding look() throws InterruptedException {
    if (!Files.exists(HELPER, LinkOption.NOFOLLOW_LINKS)) {
      return CurrentUser.isRoot()
          ? Finding.missing(
              WHAT,
              "the whole server runs as root; run ./regild setup USER as root, then use that user")
          : Finding.unneeded(WHAT, "not installed; isolation namespace needs it, vm does not");
    }
    try {
      if (!partsAreRootsAlone() || Ancestors.open(HELPER).isPresent()) {
        return Finding.open(
            WHAT,
            HELPER + " can be changed by users other than root; as root, run: ./regild setup USER");
      }
    } catch (IOException e) {
      return Finding.missing(WHAT, HELPER + " cannot be read: " + e.getMessage());
    }
    return CurrentUser.isRoot() ? Finding.holds(WHAT, HELPER + ", root's") : throughSudo();
  }

  /** The helper, and what it reads from beside itself. */
  private static boolean partsAreRootsAlone() throws IOException {
    try (Stream<Path> parts = Files.list(HELPER.resolveSibling("."))) {
      for (Path part : (Iterable<Path>) parts::iterator) {
        if (!isRootsAlone(part)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isRootsAlone(Path part) throws IOException {
    int owner = (int) Files.getAttribute(part, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    int mode = (int) Files.getAttribute(part, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return owner == 0 && (mode & WRITABLE_BY_OTHERS) == 0 && !Files.isSymbolicLink(part);
  }

  /** Without a request it ends at once. */
  private static Finding throughSudo() throws InterruptedException {
    try {
      var _ = Program.of("sudo", "-n", "--", HELPER.toString(), "hold").run();
      return Finding.holds(WHAT, HELPER + " is owned by root, and sudo starts it");
    } catch (ProgramException e) {
      return Finding.missing(
          WHAT,
          "sudo does not start %s for %s; as root, run: ./regild setup %s"
              .formatted(HELPER, CurrentUser.name(), CurrentUser.name()));
    }
  }
}
