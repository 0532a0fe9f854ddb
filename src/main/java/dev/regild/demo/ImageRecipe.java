package dev.regild.demo;

import java.util.List;
import java.util.stream.Stream;

/**
 * What goes into an image of Debian 12.
 *
 * @param name of the image's file
 * @param packages beside those that every Debian has ({@code Essential} and apt)
 * @param bootable whether the packages hold a kernel, systemd and GRUB, to be set up
 */
record ImageRecipe(String name, List<String> packages, boolean bootable) {
  /** Raised when the way from a recipe to an image changes. */
  static final int VERSION = 1;

  ImageRecipe {
    packages = List.copyOf(packages);
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
        newName, Stream.concat(packages.stream(), more.stream()).toList(), bootable);
  }

  /** No kernel, no boot: quick to change where a virtual machine runs under emulation. */
  static ImageRecipe small() {
    return new ImageRecipe("small", List.of("libexpat1", "liblzma5", "tzdata"), false);
  }
}
