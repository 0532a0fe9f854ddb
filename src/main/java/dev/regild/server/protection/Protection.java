package dev.regild.server.protection;

/** One thing that holds a disk, a guest, a stranger or a local user back. */
@FunctionalInterface
interface Protection {
  /** Tries whether it works here. */
  Finding look() throws InterruptedException;
}
