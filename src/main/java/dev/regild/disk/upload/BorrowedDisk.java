package dev.regild.disk.upload;

import java.nio.file.Path;

/** A disk's file that stays where it is until this is closed. */
public interface BorrowedDisk extends AutoCloseable {
  /** Returns where programs can read it; never to be written to. */
  Path file();

  @Override
  void close();

  /** Returns a file that nobody takes away. */
  static BorrowedDisk of(Path file) {
    return of(file, () -> {});
  }

  /**
   * Returns a disk's file.
   *
   * @param giveBack runs when it is closed
   */
  static BorrowedDisk of(Path file, Runnable giveBack) {
    return new BorrowedDisk() {
      @Override
      public Path file() {
        return file;
      }

      @Override
      public void close() {
        giveBack.run();
      }
    };
  }
}
