package dev.regild.servicing;

import dev.regild.machine.Program;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Raw disks with a small Debian for an inspection, in the shapes in which people have theirs. */
final class ShapedDisk {
  private static final int MIB = 1 << 20;

  /** What makes LVM's header and one logical volume of all, without the kernel's device mapper. */
  private static final String VOLUME_GROUP =
      """
      contents = "Text Format Volume Group"
      version = 1
      vg {
        id = "11DV1c-aaaa-bbbb-cccc-dddd-eeee-ffffff"
        seqno = 1
        format = "lvm2"
        status = ["RESIZEABLE", "READ", "WRITE"]
        extent_size = 8192
        max_lv = 0
        max_pv = 0
        physical_volumes {
          pv0 {
            id = "22DV1c-aaaa-bbbb-cccc-dddd-eeee-ffffff"
            device = "/dev/unknown"
            status = ["ALLOCATABLE"]
            dev_size = 262144
            pe_start = 2048
            pe_count = 31
          }
        }
        logical_volumes {
          root {
            id = "33DV1c-aaaa-bbbb-cccc-dddd-eeee-ffffff"
            status = ["READ", "WRITE", "VISIBLE"]
            segment_count = 1
            segment1 {
              start_extent = 0
              extent_count = 31
              type = "striped"
              stripe_count = 1
              stripes = ["pv0", 0]
            }
          }
        }
      }
      """;

  private final Path directory;

  ShapedDisk(Path directory) {
    this.directory = directory;
  }

  /** A tree that an inspection takes for a Debian 12, with that /etc/fstab. */
  Path system(String fstab) throws Exception {
    Path tree = SmallGuest.tree(directory, "srv", "mnt");
    Files.createDirectories(tree.resolve("var/lib/dpkg"));
    Files.writeString(tree.resolve("etc/fstab"), fstab);
    Files.writeString(tree.resolve("etc/os-release"), "ID=debian\nVERSION_ID=12\n");
    Files.writeString(
        tree.resolve("var/lib/dpkg/status"),
        """
        Package: dpkg
        Status: install ok installed
        Architecture: amd64
        Version: 1.21.22
        """);
    return tree;
  }

  /** An ext4 over the whole disk. */
  Path ext4(Path tree) throws Exception {
    Path disk = sparse("ext4", 128);
    run("mke2fs", "-qF", "-text4", "-d" + tree, disk.toString());
    return disk;
  }

  /** A GPT whose only partition is a btrfs, with the tree in a subvolume and another beside it. */
  Path btrfs(Path tree, String subvolume, String uuid) throws Exception {
    Path disk = sparse("btrfs", 256);
    run("sgdisk", "-n1:1M:0", "-t1:8304", disk.toString());
    Path partition = sparse("partition", 200);
    run("mkfs.btrfs", "-qf", "-U" + uuid, "-Lroot", partition.toString());
    Path mounted = Files.createDirectory(directory.resolve("mounted"));
    run("mount", "-oloop", partition.toString(), mounted.toString());
    try {
      run("btrfs", "subvolume", "create", mounted + "/@home");
      run("btrfs", "subvolume", "create", mounted + "/" + subvolume);
      run("cp", "-a", tree + "/.", mounted + "/" + subvolume);
    } finally {
      run("umount", mounted.toString());
    }
    copy(partition, disk, MIB);
    return disk;
  }

  /** An XFS over the whole disk. */
  Path xfs(Path tree) throws Exception {
    Path disk = sparse("xfs", 320);
    run("mkfs.xfs", "-qf", disk.toString());
    Path mounted = Files.createDirectory(directory.resolve("mounted"));
    run("mount", "-oloop", disk.toString(), mounted.toString());
    try {
      run("cp", "-a", tree + "/.", mounted.toString());
    } finally {
      run("umount", mounted.toString());
    }
    return disk;
  }

  /** A physical volume over the whole disk, with an ext4 in the logical volume {@code vg/root}. */
  Path lvm(Path tree) throws Exception {
    Path disk = sparse("lvm", 128);
    Path backup = Files.writeString(directory.resolve("vg.conf"), VOLUME_GROUP);
    String loop = Program.of("losetup", "-f", "--show", disk.toString()).run().strip();
    try {
      String own =
          "devices{use_devicesfile=0 global_filter=[\"a|^%s$|\",\"r|.*|\"]} backup{backup=0 archive=0}"
              .formatted(loop);
      run(
          "lvm",
          "pvcreate",
          "--config=" + own,
          "-y",
          "--uuid=22DV1c-aaaa-bbbb-cccc-dddd-eeee-ffffff",
          "--restorefile=" + backup,
          loop);
      run("lvm", "vgcfgrestore", "--config=" + own, "-y", "-f" + backup, "vg");
    } finally {
      run("losetup", "-d", loop);
    }
    Path volume = sparse("volume", 124);
    run("mke2fs", "-qF", "-text4", "-d" + tree, volume.toString());
    copy(volume, disk, MIB);
    return disk;
  }

  /** A GPT for sectors of 4096 bytes, with an ext4 in its only partition. */
  Path largeSectors(Path tree) throws Exception {
    Path disk = sparse("large", 128);
    String loop = Program.of("losetup", "-b4096", "-f", "--show", disk.toString()).run().strip();
    try {
      run("sgdisk", "-n1:1M:0", loop);
    } finally {
      run("losetup", "-d", loop);
    }
    Path volume = sparse("volume", 120);
    run("mke2fs", "-qF", "-text4", "-b4096", "-d" + tree, volume.toString());
    copy(volume, disk, MIB);
    return disk;
  }

  Path sparse(String name, int mebibytes) throws IOException {
    Path file = directory.resolve(name + ".raw");
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength((long) mebibytes * MIB);
    }
    return file;
  }

  private static void copy(Path from, Path to, long offset) throws IOException {
    try (FileChannel source = FileChannel.open(from);
        FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE)) {
      long done = 0;
      target.position(offset);
      while (done < source.size()) {
        done += source.transferTo(done, source.size() - done, target);
      }
    }
  }

  private static void run(String... command) throws Exception {
    var _ = Program.of(List.of(command)).run();
  }
}
