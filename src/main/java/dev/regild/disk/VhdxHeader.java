package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * What a VHDX's metadata say (MS-VHDX, sections 2.2.3 and 2.6).
 *
 * @param virtualBytes the size of the disk that a guest sees
 * @param hasParent whether it holds only the difference to another file
 */
record VhdxHeader(long virtualBytes, boolean hasParent) {
  private static final long REGION_TABLE = 192 * 1024;
  private static final int REGION_MAGIC = 0x69676572; // "regi"
  private static final String METADATA_GUID = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
  private static final String FILE_PARAMETERS_GUID = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
  private static final String DISK_SIZE_GUID = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";
  private static final int ENTRY_BYTES = 32;
  private static final int MAX_ENTRIES = 2047;

  static VhdxHeader read(Path disk) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(disk)) {
      ByteBuffer regions =
          FileBytes.littleEndianAt(channel, REGION_TABLE, 16 + ENTRY_BYTES * MAX_ENTRIES);
      if (regions.remaining() < 16 || regions.getInt(0) != REGION_MAGIC) {
        throw damaged();
      }
      int region = find(regions, 16, Math.clamp(regions.getInt(8), 0, MAX_ENTRIES), METADATA_GUID);
      long metadata = regions.getLong(region + 16);
      ByteBuffer table = FileBytes.littleEndianAt(channel, metadata, 64 * 1024);
      int entries = table.remaining() < 32 ? 0 : table.getShort(10) & 0xffff;
      int parameters = find(table, 32, Math.min(entries, MAX_ENTRIES), FILE_PARAMETERS_GUID);
      int size = find(table, 32, Math.min(entries, MAX_ENTRIES), DISK_SIZE_GUID);
      ByteBuffer flags =
          FileBytes.littleEndianAt(channel, metadata + table.getInt(parameters + 16), 8);
      ByteBuffer bytes = FileBytes.littleEndianAt(channel, metadata + table.getInt(size + 16), 8);
      if (flags.remaining() < 8 || bytes.remaining() < 8) {
        throw damaged();
      }
      return new VhdxHeader(bytes.getLong(0), (flags.getInt(4) & 2) != 0);
    }
  }

  /** Where the entry with that GUID starts, among entries that each begin with theirs. */
  private static int find(ByteBuffer table, int start, int entries, String guid)
      throws UnfitDiskException {
    for (int i = 0; i < entries; i++) {
      int entry = start + i * ENTRY_BYTES;
      if (entry + ENTRY_BYTES <= table.limit() && guid(table, entry).equals(guid)) {
        return entry;
      }
    }
    throw damaged();
  }

  private static String guid(ByteBuffer table, int offset) {
    long end = Long.reverseBytes(table.getLong(offset + 8));
    return "%08x-%04x-%04x-%04x-%012x"
        .formatted(
            table.getInt(offset),
            table.getShort(offset + 4),
            table.getShort(offset + 6),
            end >>> 48,
            end & 0xffffffffffffL);
  }

  private static UnfitDiskException damaged() {
    return new UnfitDiskException(
        "the disk is damaged or truncated: its vhdx metadata is incomplete");
  }
}
