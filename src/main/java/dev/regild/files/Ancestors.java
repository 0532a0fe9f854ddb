package dev.regild.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The directories above one: who can rename in them can put another directory in its place. */
public final class Ancestors {
  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final int STICKY = 01000;

  private Ancestors() {}

  /**
   * The one nearest to the root in which others can replace what lies on the way.
   *
   * @param directory without links on the way (a real path)
   * @return empty if nobody but root and our user can
   */
  public static Optional<Path> open(Path directory) throws IOException {
    for (Path above = Path.of("/"), end = directory.getParent(); end != null; ) {
      if (isOpen(above)) {
        return Optional.of(above);
      }
      if (above.equals(end)) {
        break;
      }
      above = above.resolve(end.getName(above.getNameCount()));
    }
    return Optional.empty();
  }

  private static boolean isOpen(Path directory) throws IOException {
    int owner = (int) Files.getAttribute(directory, "unix:uid");
    int mode = (int) Files.getAttribute(directory, "unix:mode");
    boolean foreign = owner != 0 && owner != CurrentUser.uid();
    return foreign || ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0);
  }
}
