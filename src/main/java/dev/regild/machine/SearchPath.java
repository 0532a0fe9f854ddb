package dev.regild.machine;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where programs lie, and which Debian package brings one that is missing. */
final class SearchPath {
  private static final List<String> SYSTEM_DIRECTORIES =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  /** Debian 12's packages, for the programs that are started by name. */
  private static final Map<String, String> DEBIAN_PACKAGES =
      Map.ofEntries(
          Map.entry("apt-get", "apt"),
          Map.entry("apt-cache", "apt"),
          Map.entry("apt-ftparchive", "apt-utils"),
          Map.entry("blkid", "util-linux"),
          Map.entry("bwrap", "bubblewrap"),
          Map.entry("cabextract", "cabextract"),
          Map.entry("chroot", "coreutils"),
          Map.entry("dpkg", "dpkg"),
          Map.entry("dpkg-deb", "dpkg"),
          Map.entry("gpg", "gnupg"),
          Map.entry("grub-install", "grub-pc-bin"),
          Map.entry("mke2fs", "e2fsprogs"),
          Map.entry("mkfs.ext4", "e2fsprogs"),
          Map.entry("mmdebstrap", "mmdebstrap"),
          Map.entry("mount", "mount"),
          Map.entry("msiinfo", "msitools"),
          Map.entry("ntfs-3g.probe", "ntfs-3g"),
          Map.entry("osslsigncode", "osslsigncode"),
          Map.entry("prlimit", "util-linux"),
          Map.entry("python3", "python3"),
          Map.entry("qemu-img", "qemu-utils"),
          Map.entry("qemu-io", "qemu-utils"),
          Map.entry("qemu-nbd", "qemu-utils"),
          Map.entry("qemu-storage-daemon", "qemu-system-common"),
          Map.entry("qemu-system-x86_64", "qemu-system-x86"),
          Map.entry("setpriv", "util-linux"),
          Map.entry("setsid", "util-linux"),
          Map.entry("sfdisk", "fdisk"),
          Map.entry("sgdisk", "gdisk"),
          Map.entry("sudo", "sudo"),
          Map.entry("supermin", "supermin"),
          Map.entry("swtpm", "swtpm"),
          Map.entry("umount", "mount"),
          Map.entry("unshare", "util-linux"),
          Map.entry("virt-customize", "guestfs-tools"),
          Map.entry("wimlib-imagex", "wimtools"),
          Map.entry("xorrisofs", "xorriso"));

  private SearchPath() {}

  /** Our own PATH, then the system's directories that it lacks: users' PATHs lack the sbin ones. */
  static String value() {
    List<String> directories = new ArrayList<>();
    String inherited = System.getenv("PATH");
    if (inherited != null) {
      for (String directory : inherited.split(File.pathSeparator, -1)) {
        // A relative entry would run what lies in the directory that we were started in.
        if (directory.startsWith("/")) {
          directories.add(directory);
        }
      }
    }
    SYSTEM_DIRECTORIES.stream().filter(d -> !directories.contains(d)).forEach(directories::add);
    return String.join(File.pathSeparator, directories);
  }

  /** Where the program is, empty where it is not installed. */
  static Optional<Path> find(String program) {
    if (program.contains("/")) {
      return Optional.of(Path.of(program)).filter(SearchPath::isProgram);
    }
    for (String directory : value().split(File.pathSeparator, -1)) {
      Path candidate = Path.of(directory, program);
      if (isProgram(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** What to do about a missing program. */
  static String remedy(String program) {
    String debianPackage = DEBIAN_PACKAGES.get(program);
    return debianPackage == null
        ? program + " is not installed"
        : "%s is not installed: on Debian, apt-get install %s".formatted(program, debianPackage);
  }

  private static boolean isProgram(Path path) {
    return Files.isRegularFile(path) && Files.isExecutable(path);
  }
}
