package dev.regild.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The smallest thing that a machine can boot: a boot sector of 512 bytes, written by hand, that
 * writes a word to the first serial port and then ends QEMU through its {@code isa-debug-exit}
 * device. It shows that a processor executes instructions, in real mode, from the firmware's first
 * one on.
 */
final class BootProbe {
  /** What the boot sector writes to the serial port. */
  static final String GREETING = "regild";

  /** The value written to {@code isa-debug-exit}; QEMU ends with twice it, plus one. */
  static final int EXIT_STATUS = (0x10 << 1) | 1;

  /** Where {@code isa-debug-exit} listens, given to QEMU as {@code iobase}. */
  static final int EXIT_PORT = 0xf4;

  private static final int SECTOR_BYTES = 512;

  private static final byte[] CODE = {
    (byte) 0xfa, // cli
    0x31,
    (byte) 0xc0, // xor ax, ax
    (byte) 0x8e,
    (byte) 0xd8, // mov ds, ax
    (byte) 0xbe,
    0x40,
    0x7c, // mov si, 0x7c40: the greeting
    (byte) 0xba,
    (byte) 0xf8,
    0x03, // mov dx, 0x3f8: the first serial port
    (byte) 0xac, // next: lodsb
    (byte) 0x84,
    (byte) 0xc0, // test al, al
    0x74,
    0x03, // jz done
    (byte) 0xee, // out dx, al
    (byte) 0xeb,
    (byte) 0xf8, // jmp next
    (byte) 0xb0,
    0x10, // done: mov al, 0x10
    (byte) 0xe6,
    (byte) EXIT_PORT, // out 0xf4, al
    (byte) 0xf4, // hlt
    (byte) 0xeb,
    (byte) 0xfd, // jmp back to hlt
  };

  private static final int GREETING_OFFSET = 0x40;

  private BootProbe() {}

  /** Writes the boot sector as a raw disk of one sector. */
  static void write(Path disk) throws IOException {
    byte[] sector = new byte[SECTOR_BYTES];
    System.arraycopy(CODE, 0, sector, 0, CODE.length);
    byte[] greeting = GREETING.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(greeting, 0, sector, GREETING_OFFSET, greeting.length);
    sector[SECTOR_BYTES - 2] = 0x55;
    sector[SECTOR_BYTES - 1] = (byte) 0xaa;
    Files.write(disk, sector);
  }
}
