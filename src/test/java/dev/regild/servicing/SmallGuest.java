package dev.regild.servicing;

import dev.regild.disk.QemuImg;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A disk that holds a shell and a few of this machine's programs, in no partition. */
final class SmallGuest {
  static final long BYTES = 64L << 20;

  private static final List<String> PROGRAMS =
      List.of(
          "sh", "cat", "chmod", "cp", "dd", "id", "install", "ln", "ls", "mkdir", "mkfifo", "mount",
          "mv", "ps", "rm", "sleep", "stat", "sync", "touch", "yes");

  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  private static final List<Filesystem> EXT2_AND_EXT3 =
      List.of(
          new Filesystem("/boot", "/dev/sdb", BYTES, 16 << 20, "ext2", "", "", "", ""),
          new Filesystem(
              "/mnt/data", "/dev/sdc", BYTES + (16 << 20), 16 << 20, "ext3", "", "", "", ""));

  private SmallGuest() {}

  /** Makes an overlay on such a disk. */
  static Path make(Path directory) throws Exception {
    return make(directory, "srv", "/mnt");
  }

  /**
   * The same, with a link in the place of a directory.
   *
   * @param link its name in the root
   */
  static Path make(Path directory, String link, String target) throws Exception {
    Path tree = tree(directory, link, target);
    Path raw = directory.resolve("disk.raw");
    Program.of("mke2fs", "-qF", "-text4", "-d" + tree, raw.toString(), BYTES / 1024 + "K").run();
    Program.of("rm", "-r", tree.toString()).run();
    Path base = directory.resolve("base.qcow2");
    Program.of("qemu-img", "convert", "-fraw", "-Oqcow2", raw.toString(), base.toString()).run();
    Path overlay = directory.resolve("overlay.qcow2");
    QemuImg.createOverlay(base, overlay);
    return overlay;
  }

  /** The directories, programs and libraries of such a guest, in a new directory. */
  static Path tree(Path directory, String link, String target) throws Exception {
    Path tree = directory.resolve("tree");
    for (String name :
        List.of("boot", "etc", "mnt/data", "proc", "dev", "run", "tmp", "var/tmp", "usr/bin")) {
      if (!name.startsWith(link)) {
        Files.createDirectories(tree.resolve(name));
      }
    }
    Files.createSymbolicLink(tree.resolve(link), Path.of(target));
    for (String name : List.of("bin", "sbin", "lib", "lib64")) {
      Files.createDirectories(tree.resolve("usr").resolve(name));
      Files.createSymbolicLink(tree.resolve(name), Path.of("usr", name));
    }
    for (String program : PROGRAMS) {
      copyWithLibraries(tree, Path.of("/usr/bin", program));
    }
    return tree;
  }

  /**
   * Makes an overlay on the same disk with two more file systems, each of which asks the kernel to
   * panic when it is damaged: ext2 on /boot and ext3 on /mnt/data.
   *
   * @param directory where {@link #make} was
   */
  static Path withExt2AndExt3(Path directory) throws Exception {
    Path raw = directory.resolve("disk.raw");
    for (Filesystem filesystem : EXT2_AND_EXT3) {
      Program.of(
              "mke2fs",
              "-qF",
              "-t" + filesystem.type(),
              "-epanic",
              "-Eoffset=" + filesystem.offset(),
              raw.toString(),
              filesystem.size() / 1024 + "K")
          .run();
    }
    Program.of("tune2fs", "-epanic", raw.toString()).run();
    Path overlay = directory.resolve("three.qcow2");
    Program.of("qemu-img", "convert", "-fraw", "-Oqcow2", raw.toString(), overlay.toString()).run();
    return overlay;
  }

  private static void copyWithLibraries(Path tree, Path program) throws Exception {
    copy(tree, program);
    Matcher library = LIBRARY.matcher(Program.of("ldd", program.toString()).run());
    while (library.find()) {
      copy(tree, Path.of(library.group(1)));
    }
  }

  private static void copy(Path tree, Path file) throws IOException {
    Path copy = tree.resolve(file.toString().substring(1));
    if (!Files.exists(copy, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(copy.getParent());
      Files.copy(file, copy);
    }
  }

  /** With further filesystems, which need not be there. */
  static DiskLayout layout(Filesystem... others) {
    List<Filesystem> all = new ArrayList<>(List.of(filesystem("/", "ext4")));
    all.addAll(List.of(others));
    return new DiskLayout(Firmware.BIOS, all);
  }

  static DiskLayout layoutWithExt2AndExt3() {
    return layout(EXT2_AND_EXT3.toArray(Filesystem[]::new));
  }

  static Filesystem filesystem(String mountPoint, String type) {
    return new Filesystem(mountPoint, "/dev/sda", 0, BYTES, type, "", "", "", "");
  }

  static Guest open(Path overlay, DiskLayout layout, Path directory) throws GuestException {
    return new Guests(
            Isolation.NAMESPACE,
            () -> {
              throw new AssertionError();
            },
            Duration.ofMinutes(1))
        .open(overlay, layout, directory, abort -> {});
  }
}
