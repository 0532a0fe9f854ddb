package dev.regild.machine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;

/**
 * A small Linux that boots by itself from a disk, by GRUB, with BIOS or UEFI: Debian's kernel,
 * busybox, and the real QEMU guest agent. The packages are downloaded at the first call and what is
 * in them is kept in a directory.
 */
public final class SmallGuest {
  private static final List<String> PACKAGES =
      List.of(
          "busybox-static",
          "qemu-guest-agent",
          "libglib2.0-0",
          "libnuma1",
          "libudev1",
          "liburing2",
          "libc6",
          "libpcre2-8-0");

  /** The kernel's package that has the modules of all hardware, unlike the cloud's. */
  private static final String KERNEL = "linux-image-amd64";

  private static final List<String> MODULES =
      List.of(
          "virtio_pci",
          "virtio_blk",
          "virtio_console",
          "ahci",
          "sr_mod",
          "isofs",
          "ata_generic",
          "tpm_tis",
          "virtio_net",
          "e1000",
          "e1000e",
          "sd_mod");

  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      /bin/busybox --install -s /bin
      mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
      mkdir -p /run /var/run /tmp /cd
      for module in $(cat /modules); do insmod /m/$module 2>/dev/null; done
      sleep 1
      mount -t iso9660 -o ro /dev/sr0 /cd 2>/dev/null
      echo "the small guest is up" >/dev/console
      port=/dev/$(basename $(dirname $(grep -l org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name)))
      while true; do qemu-ga -m virtio-serial -p $port -t /run; sleep 1; done
      """;

  private static final String SHUTDOWN =
      """
      #!/bin/sh
      case "$*" in
        *-r*) /bin/busybox reboot -f ;;
        *) /bin/busybox poweroff -f ;;
      esac
      """;

  private SmallGuest() {}

  /**
   * Makes the disk.
   *
   * @param cache a directory where what was downloaded is kept
   */
  static Path disk(Path cache, Path directory) throws Exception {
    Path tree = programs(cache);
    Path initrd = Files.write(directory.resolve("initrd"), initrd(tree));
    Path kernel = only(tree.resolve("boot"), "vmlinuz-");
    Path config =
        Files.writeString(
            directory.resolve("grub.cfg"),
            """
            set timeout=0
            menuentry small {
              linux /boot/vmlinuz console=ttyS0 quiet panic=5
              initrd /boot/initrd
            }
            """);
    Path raw = directory.resolve("guest.raw");
    // A hybrid image of GRUB's own making boots as a disk too, with either firmware.
    var _ =
        Program.of(
                "grub-mkrescue",
                "-o",
                raw.toString(),
                "boot/grub/grub.cfg=" + config,
                "boot/vmlinuz=" + kernel,
                "boot/initrd=" + initrd)
            .run();
    Path disk = directory.resolve("guest, small.qcow2");
    var _ =
        Program.of(
                "qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), disk.toString())
            .run();
    return disk;
  }

  private static Path programs(Path cache) throws Exception {
    Path tree = cache.resolve("small-guest");
    if (Files.exists(tree)) {
      return tree;
    }
    Path downloads = Files.createDirectories(cache.resolve("small-guest-packages"));
    List<String> download =
        new ArrayList<>(List.of("env", "-C", downloads.toString(), "apt-get", "-q", "download"));
    download.addAll(PACKAGES);
    download.add(
        Program.of("apt-cache", "depends", KERNEL)
            .run()
            .lines()
            .filter(line -> line.contains("Depends: linux-image"))
            .map(line -> line.substring(line.lastIndexOf(' ') + 1))
            .findFirst()
            .orElseThrow());
    var _ = Program.of(download).run();
    Path making = cache.resolve("small-guest.new");
    Files.createDirectories(making);
    try (Stream<Path> debs = Files.list(downloads)) {
      for (Path deb : debs.filter(f -> f.toString().endsWith(".deb")).toList()) {
        var _ = Program.of("dpkg-deb", "-x", deb.toString(), making.toString()).run();
      }
    }
    String version = only(making.resolve("lib/modules"), "").getFileName().toString();
    var _ = Program.of("depmod", "-b", making.toString(), version).run();
    Files.move(making, tree, StandardCopyOption.ATOMIC_MOVE);
    return tree;
  }

  private static Path only(Path directory, String start) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(start))
          .findFirst()
          .orElseThrow();
    }
  }

  private static byte[] initrd(Path tree) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream zipped = new GZIPOutputStream(bytes);
        CpioArchiveOutputStream cpio = new CpioArchiveOutputStream(zipped)) {
      Map<String, byte[]> files = new TreeMap<>();
      files.put("init", INIT.getBytes(StandardCharsets.UTF_8));
      files.put("sbin/shutdown", SHUTDOWN.getBytes(StandardCharsets.UTF_8));
      files.put("bin/busybox", Files.readAllBytes(tree.resolve("bin/busybox")));
      files.put("bin/sh", files.get("bin/busybox"));
      files.put("sbin/qemu-ga", Files.readAllBytes(tree.resolve("usr/sbin/qemu-ga")));
      libraries(tree, files);
      modules(only(tree.resolve("lib/modules"), ""), files);
      for (String directory :
          List.of("bin", "sbin", "lib64", "lib", "m", "proc", "sys", "dev", "cd", "var", "run")) {
        CpioArchiveEntry entry = new CpioArchiveEntry(directory + "/");
        entry.setMode(CpioArchiveEntry.C_ISDIR | 0755);
        cpio.putArchiveEntry(entry);
        cpio.closeArchiveEntry();
      }
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        CpioArchiveEntry entry = new CpioArchiveEntry(file.getKey(), file.getValue().length);
        entry.setMode(CpioArchiveEntry.C_ISREG | 0755);
        cpio.putArchiveEntry(entry);
        cpio.write(file.getValue());
        cpio.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static void libraries(Path tree, Map<String, byte[]> files) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path library :
          all.filter(
                  f -> f.getFileName().toString().matches("(lib.*|ld-linux-x86-64)\\.so\\.\\d+.*"))
              .filter(Files::isRegularFile)
              .filter(f -> !f.toString().contains("gconv"))
              .toList()) {
        String name = library.getFileName().toString();
        files.put((name.startsWith("ld-") ? "lib64/" : "lib/") + name, Files.readAllBytes(library));
      }
    }
  }

  /** The modules with all that they need, in the order of loading. */
  private static void modules(Path root, Map<String, byte[]> files) throws IOException {
    List<String> order = new ArrayList<>();
    List<String> lines = Files.readAllLines(root.resolve("modules.dep"));
    for (String module : MODULES) {
      for (String line : lines) {
        String[] words = line.replace(":", "").split(" ");
        String name = Path.of(words[0]).getFileName().toString().replaceAll("\\.ko.*", "");
        if (name.replace('-', '_').equals(module)) {
          List.of(words).reversed().stream().filter(w -> !order.contains(w)).forEach(order::add);
        }
      }
    }
    List<String> names = new ArrayList<>();
    for (String path : order) {
      String name = Path.of(path).getFileName().toString();
      names.add(name);
      files.put("m/" + name, Files.readAllBytes(root.resolve(path)));
    }
    files.put("modules", String.join("\n", names).getBytes(StandardCharsets.UTF_8));
  }
}
