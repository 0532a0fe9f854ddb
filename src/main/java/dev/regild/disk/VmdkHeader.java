package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The header of a hosted sparse extent and the descriptor in it (VMware's "Virtual Disk Format
 * 5.0").
 *
 * @param virtualBytes the size of the disk that a guest sees
 * @param descriptorLines the text that names the extents and the parent
 */
record VmdkHeader(long virtualBytes, List<String> descriptorLines) {
  /** {@code KDMV}, at the start of the file. */
  static final int MAGIC = 0x4b444d56;

  private static final int SECTOR = 512;
  private static final int MAX_DESCRIPTOR_SECTORS = 2048;

  static VmdkHeader read(Path disk) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(disk)) {
      ByteBuffer header = FileBytes.littleEndianAt(channel, 0, SECTOR);
      if (header.remaining() < SECTOR) {
        throw new UnfitDiskException("the disk is truncated: its vmdk header is not whole");
      }
      long capacity = header.getLong(12);
      long descriptor = header.getLong(28);
      long sectors = header.getLong(36);
      if (capacity < 0 || descriptor <= 0 || sectors <= 0 || sectors > MAX_DESCRIPTOR_SECTORS) {
        throw new UnfitDiskException(
            "the disk is one extent of a vmdk of several files; convert it with: "
                + "qemu-img convert -f vmdk -O qcow2 DESCRIPTOR.vmdk NEW.qcow2");
      }
      ByteBuffer text = FileBytes.at(channel, descriptor * SECTOR, (int) sectors * SECTOR);
      String lines = StandardCharsets.ISO_8859_1.decode(text).toString();
      int end = lines.indexOf('\0');
      return new VmdkHeader(
          Math.multiplyExact(capacity, (long) SECTOR),
          (end < 0 ? lines : lines.substring(0, end)).lines().map(String::strip).toList());
    }
  }

  /** Lines such as {@code RW 4192256 SPARSE "disk.vmdk"}. */
  List<String> extents() {
    return descriptorLines.stream()
        .filter(line -> line.matches("(RW|RDONLY|NOACCESS)\\s+\\d+\\s+.*"))
        .toList();
  }

  /** Whether it holds only the difference to another file. */
  boolean hasParent() {
    return descriptorLines.stream()
        .anyMatch(line ->
            line.startsWith("parentFileNameHint")
                || (line.startsWith("parentCID") && !line.matches("parentCID=[fF]{8}")));
  }
}
