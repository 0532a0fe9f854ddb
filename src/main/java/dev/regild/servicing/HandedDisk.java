package dev.regild.servicing;

import dev.regild.disk.DiskFormat;
import dev.regild.files.FileTree;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A disk with files that an appliance can only read. It is empty when the appliance starts, and
 * gets its file system as soon as its content is known.
 *
 * @param file a sparse raw disk; the appliance sees each change of it
 */
record HandedDisk(Path file) {
  static final DiskFormat FORMAT = DiskFormat.RAW;

  /** The file is sparse: {@link #fill} uses only the space that it needs. */
  private static final long BYTES = 64L << 30;

  private static final int BLOCK_BYTES = 4096;

  /** The directory of the files in the file system. */
  static final String FILES = "files";

  /** The size of an empty file system with its directory. */
  private static final long OWN_BYTES = 16L << 20;

  /** The most that a file takes beside its content: an inode, a name, a map of its blocks. */
  private static final long BYTES_PER_FILE = 4L * BLOCK_BYTES;

  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final Program.Limits LIMITS =
      new Program.Limits(4L << 30, LIMIT, OptionalLong.of(BYTES));

  /** Makes an empty disk in a directory. */
  static HandedDisk empty(Path directory) throws IOException {
    Path file = Files.createTempFile(directory, "handed-", ".raw");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(BYTES);
    }
    return new HandedDisk(file);
  }

  /**
   * Writes the regular files of a directory to the disk, without subdirectories. Follows links.
   *
   * @return whether there are any; if not, the disk stays empty
   */
  boolean fill(Path directory) throws IOException, ProgramException, InterruptedException {
    Path tree = Files.createDirectory(file.resolveSibling(file.getFileName() + ".tree"));
    Path linked = Files.createDirectory(tree.resolve(FILES));
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> regular = files.filter(Files::isRegularFile).toList();
      long bytes = OWN_BYTES;
      for (Path each : regular) {
        long size = link(each, linked);
        bytes += size + size / 256 + BYTES_PER_FILE;
      }
      if (!regular.isEmpty()) {
        makeFileSystem(tree, bytes, regular.size());
      }
      return !regular.isEmpty();
    } finally {
      FileTree.remove(tree);
    }
  }

  /** Makes a hard link, which takes no space, or a copy of a file on another file system. */
  private static long link(Path file, Path directory) throws IOException {
    Path real = file.toRealPath();
    Path second = directory.resolve(file.getFileName());
    try {
      Files.createLink(second, real);
    } catch (FileSystemException | UnsupportedOperationException e) {
      Files.copy(real, second);
    }
    return Files.size(second);
  }

  private void makeFileSystem(Path tree, long bytes, int files)
      throws ProgramException, InterruptedException {
    var _ =
        Program.of(
                "mke2fs",
                "-q",
                "-F",
                "-t",
                "ext4",
                "-O",
                "^has_journal,^resize_inode",
                "-b",
                Integer.toString(BLOCK_BYTES),
                "-N",
                Long.toString(files + 64L),
                "-m",
                "0",
                "-d",
                tree.toString(),
                file.toString(),
                Long.toString(bytes / BLOCK_BYTES))
            .within(LIMIT)
            .limitedTo(LIMITS)
            .in(Sandbox.reading(tree).writing(file))
            .run();
  }
}
