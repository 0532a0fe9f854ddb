package dev.regild.demo;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What goes into an image of Debian.
 *
 * @param name of the image's file
 * @param packages beside those that every Debian has ({@code Essential} and apt)
 * @param bootable whether the packages hold a kernel, systemd and GRUB, to be set up
 * @param files of its own, by their path without the slash in front
 */
record ImageRecipe(
    String name, List<String> packages, boolean bootable, SortedMap<String, String> files) {
  /** Raised when the way from a recipe to an image changes. */
  static final int VERSION = 1;

  ImageRecipe {
    packages = List.copyOf(packages);
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /** A recipe without files of its own. */
  ImageRecipe(String name, List<String> packages, boolean bootable) {
    this(name, packages, bootable, new TreeMap<>());
  }

  /** All but the files, which count by themselves: so a recipe without any stays what it was. */
  @Override
  public String toString() {
    return "ImageRecipe[name=%s, packages=%s, bootable=%s]".formatted(name, packages, bootable);
  }

  /** The golden one; its initramfs holds what QEMU's machines need, and is packed fast. */
  static ImageRecipe quick() {
    return new ImageRecipe(
        "quick",
        golden().packages(),
        true,
        new TreeMap<>(
            Map.of(
                "etc/initramfs-tools/conf.d/quick",
                "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n",
                "etc/initramfs-tools/modules",
                "virtio_pci\nvirtio_blk\next4\n")));
  }

  /** A server that boots: what a team would start from. */
  static ImageRecipe golden() {
    return new ImageRecipe(
        "golden",
        List.of(
            "ca-certificates",
            "cron",
            "curl",
            "dbus",
            "grub-pc",
            "initramfs-tools",
            "iproute2",
            "less",
            "linux-image-cloud-amd64",
            "openssh-server",
            "procps",
            "systemd-sysv",
            "tzdata",
            "udev",
            "zstd"),
        true);
  }

  /**
   * The same system with more packages.
   *
   * @param newName with which the name of no other recipe begins, nor it with theirs
   */
  ImageRecipe with(String newName, List<String> more) {
    return new ImageRecipe(
        newName, Stream.concat(packages.stream(), more.stream()).toList(), bootable, files);
  }

  /** No kernel, no boot: quick to change where a virtual machine runs under emulation. */
  static ImageRecipe small() {
    return new ImageRecipe("small", List.of("libexpat1", "liblzma5", "tzdata"), false);
  }
}
