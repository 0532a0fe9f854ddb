package dev.regild.servicing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * A program for x86-64 that asks for its process id by the entry of i386, and ends with what it was
 * told, negated: the error, if there was one.
 */
final class I386Entry {
  private static final long BASE = 0x400000;
  private static final int HEADERS = 64 + 56;

  private static final byte[] CODE =
      HexFormat.of()
          .parseHex(
              "b814000000" // mov $20 (getpid), %eax
                  + "cd80" // int $0x80
                  + "f7d8" // neg %eax
                  + "89c7" // mov %eax, %edi
                  + "b8e7000000" // mov $231 (exit_group), %eax
                  + "0f05"); // syscall

  private I386Entry() {}

  /** The ELF file, as elf(5) has it: one segment, which is the whole file. */
  static byte[] program() {
    ByteBuffer elf = ByteBuffer.allocate(HEADERS + CODE.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(HexFormat.of().parseHex("7f454c46020101000000000000000000"));
    elf.putShort((short) 2).putShort((short) 62).putInt(1);
    elf.putLong(BASE + HEADERS).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
    elf.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    elf.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE);
    elf.putLong(elf.capacity()).putLong(elf.capacity()).putLong(0x1000);
    return elf.put(CODE).array();
  }
}
