package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;

/**
 * An INF is not a driver's: that of a medium ({@code autorun.inf}), or a part that others include.
 */
final class NoDriverException extends ArchiveException {
  NoDriverException(String message) {
    super(message);
  }
}
