package dev.regild.files;

/**
 * The mask of the modes that the process's new files get (umask(2)), which the programs that it
 * starts inherit. It is the whole process's: it is set before there are further threads.
 */
public final class Umask {
  /** What we make is for our user alone. */
  private static final int OWNER_ALONE = 077;

  /** What programs expect that make the files of a system. */
  private static final int OF_A_SYSTEM = 022;

  private Umask() {}

  /** Files that are made from now on, here and by programs, are for our user alone. */
  public static void ownerAlone() {
    set(OWNER_ALONE);
  }

  /** Files that are made from now on can be read by all, as those of an image have to be. */
  public static void ofASystem() {
    set(OF_A_SYSTEM);
  }

  private static void set(int mask) {
    // The launcher has set the one that most commands want.
    if (ProcessStatus.read().umask() != mask) {
      int _ = Libc.umask(mask);
    }
  }
}
