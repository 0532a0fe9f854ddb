package dev.regild.disk;

import java.nio.file.Path;

/** A layer's file that stays where it is, with all layers below it, until this is closed. */
public interface BorrowedLayer extends AutoCloseable {
  /** Where QEMU can read it; never to be written to. */
  Path file();

  @Override
  void close();
}
