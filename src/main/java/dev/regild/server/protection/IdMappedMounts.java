package dev.regild.server.protection;

import dev.regild.files.CurrentUser;
import dev.regild.machine.HostKernel;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Mounts that show files with other owners than they have, so that a guest's root is nobody here.
 */
record IdMappedMounts(Path data) implements Protection {
  private static final String WHAT = "idmapped mounts";

  @Override
  public Finding look() throws InterruptedException {
    if (!CurrentUser.isRoot()) {
      return Finding.unneeded(WHAT, "only root can test this; run doctor as root");
    }
    Path tried = Files.isDirectory(data) ? data : Path.of("/");
    try {
      HostKernel.mapIds(tried);
      return Finding.holds(WHAT, "the file system of " + tried + " supports id mapping");
    } catch (IOException | ProgramException e) {
      return Finding.missing(
          WHAT, Messages.line(e) + "; use a kernel from 5.12 on, and ext4 or xfs");
    }
  }
}
