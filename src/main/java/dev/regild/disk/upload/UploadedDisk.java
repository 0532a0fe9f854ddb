package dev.regild.disk.upload;

import dev.regild.disk.DiskFormat;
import java.time.Instant;
import java.util.Optional;

/**
 * A disk as somebody sent it, or as an image was exported, of a format that is known.
 *
 * @param id in the form of an AMI id: {@code ami-} and 17 lower-case hexadecimal digits
 * @param account whose it is: twelve digits; nobody else sees it
 * @param origin where it comes from
 * @param format as its first bytes tell
 * @param bytes the size of the file
 * @param sha256 of the file, lower-case hexadecimal
 * @param received when its last byte had come
 * @param packed what came, if the disk was unpacked from it
 */
public record UploadedDisk(
    String id,
    String account,
    Origin origin,
    DiskFormat format,
    long bytes,
    String sha256,
    Instant received,
    Optional<Packed> packed) {

  /**
   * A file that a disk was unpacked from.
   *
   * @param packing such as {@code ova}, {@code xz} or {@code tar+gzip}
   * @param bytes its size
   * @param sha256 of it, lower-case hexadecimal
   * @param name of the machine, as the .ovf in it says
   * @param description of the machine, as the .ovf in it says
   */
  public record Packed(
      String packing,
      long bytes,
      String sha256,
      Optional<String> name,
      Optional<String> description) {}

  /** Where a disk comes from, which decides how long it stays. */
  public enum Origin {
    /** Somebody sent it; it is gone when an image was made of it. */
    UPLOADED,
    /** An image was exported; it stays until its owner deletes it. */
    EXPORTED
  }
}
