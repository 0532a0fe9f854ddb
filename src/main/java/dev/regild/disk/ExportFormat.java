package dev.regild.disk;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The forms in which a download writes an image as one standalone disk. */
public enum ExportFormat {
  QCOW2("qcow2", List.of("-W", "-O", "qcow2")),
  /** With zlib, which every reader of qcow2 knows. */
  COMPRESSED_QCOW2("qcow2", List.of("-W", "-O", "qcow2", "-c")),
  RAW("raw", List.of("-W", "-O", "raw")),
  /**
   * streamOptimized, the form that ESXi, vCenter and AWS import. Without {@code -W}, as a reader of
   * the stream expects the grains in the disk's order.
   */
  VMDK("vmdk", List.of("-O", "vmdk", "-o", "subformat=streamOptimized,adapter_type=lsilogic")),
  /**
   * Fixed, as Azure wants it; {@code force_size} keeps QEMU from rounding the size to a geometry.
   */
  VHD("vhd", List.of("-W", "-O", "vpc", "-o", "subformat=fixed,force_size=on")),
  VHDX("vhdx", List.of("-W", "-O", "vhdx")),
  /** A tar archive of a {@link #VMDK} and the description of a machine. */
  OVA("ova", VMDK.options);

  /** QEMU's limit for a vpc, {@code VHD_MAX_SECTORS}. */
  private static final long LARGEST_VHD = 0xff000000L * 512;

  private static final long MIB = 1L << 20;

  private final String suffix;

  @SuppressWarnings("ImmutableEnumChecker") // each is a List.of
  private final List<String> options;

  ExportFormat(String suffix, List<String> options) {
    this.suffix = suffix;
    this.options = options;
  }

  /**
   * The format of that name, in any case; empty if there is none.
   *
   * @param compressed whether the clusters of a qcow2 are compressed; the others have one form only
   */
  public static Optional<ExportFormat> named(String name, boolean compressed) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    if (compressed && lowerCase.equals(QCOW2.suffix)) {
      return Optional.of(COMPRESSED_QCOW2);
    }
    return Arrays.stream(values()).filter(format -> format.suffix.equals(lowerCase)).findFirst();
  }

  /** Every name, for messages: {@code qcow2, raw, vmdk}. */
  public static String names() {
    return Arrays.stream(values())
        .map(ExportFormat::suffix)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** The ending of a file of this format, which is its name too. */
  public String suffix() {
    return suffix;
  }

  /** The form of the disk itself: what an {@link #OVA} packs is a {@link #VMDK}. */
  public ExportFormat ofDisk() {
    return this == OVA ? VMDK : this;
  }

  /** The largest disk that fits; {@link Long#MAX_VALUE} if there is no limit of the format's. */
  public long largestDisk() {
    return this == VHD ? LARGEST_VHD : Long.MAX_VALUE;
  }

  /** The size that a disk gets in this format: Azure takes a VHD in whole MiB only. */
  public long sizeFor(long virtualBytes) {
    return this == VHD ? (virtualBytes + MIB - 1) / MIB * MIB : virtualBytes;
  }

  /** What {@code qemu-img convert} is told. */
  List<String> options() {
    return options;
  }
}
