package dev.regild.inventory;

import dev.regild.disk.UnfitDiskException;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which of the mount points in an {@code /etc/fstab} are mounted: the maker of a disk writes there
 * what they like.
 */
public final class MountPoints {
  /** The types of the platforms' own filesystems, and of an EFI system partition. */
  private static final Set<String> TYPES = Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "vfat");

  /** Where packages have files; below others lies what belongs to the machine's users. */
  private static final List<String> OF_THE_SYSTEM =
      List.of("/bin", "/boot", "/efi", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr", "/var");

  private MountPoints() {}

  /**
   * Whether a filesystem is mounted; one of another type is left out where no package has files.
   *
   * @param type in blkid's word
   * @throws UnfitDiskException if the mount point is not the canonical path of a directory, or the
   *     system's own files lie on a filesystem of another type
   */
  static boolean isMounted(String mountPoint, String device, String type)
      throws UnfitDiskException {
    if (!isCanonical(mountPoint)) {
      throw new UnfitDiskException(
          "/etc/fstab mounts %s on \"%s\", which is not a canonical absolute path. Correct the entry, and upload the disk again."
              .formatted(device, mountPoint));
    }
    if (isSupported(type)) {
      return true;
    }
    if (mountPoint.equals("/")
        || OF_THE_SYSTEM.stream().anyMatch(own -> (mountPoint + "/").startsWith(own + "/"))) {
      throw new UnfitDiskException(
          "%s on %s is of the type %s. An image's filesystems must be ext2, ext3, ext4, xfs, btrfs or vfat."
              .formatted(mountPoint, device, type.isEmpty() ? "unknown" : type));
    }
    return false;
  }

  /** Whether a path is absolute, without an empty part, a dot or a dot-dot. */
  public static boolean isCanonical(String path) {
    return path.equals("/")
        || (path.startsWith("/")
            && !path.contains("\0")
            && List.of(path.substring(1).split("/", -1)).stream()
                .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals("..")));
  }

  /** Whether images' systems may have filesystems of this type, in blkid's word. */
  public static boolean isSupported(String type) {
    return TYPES.contains(type);
  }

  /** The paths of the directories on the way to a canonical one, and its own: {@code /a, /a/b}. */
  static List<String> steps(String path) {
    return IntStream.rangeClosed(2, path.length())
        .filter(end -> end == path.length() || path.charAt(end) == '/')
        .mapToObj(end -> path.substring(0, end))
        .toList();
  }
}
