package dev.regild.inventory;

import java.io.IOException;

/** The files and the programs of an opened disk, by the guest's paths. */
public interface GuestFiles {
  /** The largest file that is read; dpkg's list of all of Debian is a tenth of it. */
  long MAX_READ_BYTES = 256L << 20;

  /**
   * The content of a regular file; symbolic links are followed inside the guest only.
   *
   * @throws IOException if it is no regular file, or larger than {@value #MAX_READ_BYTES} bytes
   */
  byte[] read(String path) throws IOException;

  /** Whether there is anything at that path, a dangling symbolic link included. */
  boolean exists(String path) throws IOException;

  /**
   * Runs one program of the guest, with its root as root, that changes nothing on the disk.
   *
   * @return its standard output
   * @throws IOException if it ended with another status than 0
   */
  String run(String... command) throws IOException;
}
