package dev.regild.servicing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A seccomp filter, interpreted as the kernel does (seccomp(2), {@code net/core/filter.c}); of the
 * instructions, those that filters are made of.
 */
record BpfProgram(List<Instruction> instructions) {
  static final int ALLOW = 0x7fff0000;
  static final int ERRNO = 0x00050000;

  private static final int SIZE = 8;

  record Instruction(int code, int jumpTrue, int jumpFalse, int k) {}

  static BpfProgram parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Instruction> instructions = new ArrayList<>();
    while (in.remaining() >= SIZE) {
      int code = Short.toUnsignedInt(in.getShort());
      int jumpTrue = Byte.toUnsignedInt(in.get());
      int jumpFalse = Byte.toUnsignedInt(in.get());
      instructions.add(new Instruction(code, jumpTrue, jumpFalse, in.getInt()));
    }
    return new BpfProgram(instructions);
  }

  byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(SIZE * instructions.size());
    out.order(ByteOrder.LITTLE_ENDIAN);
    for (Instruction each : instructions) {
      out.putShort((short) each.code).put((byte) each.jumpTrue).put((byte) each.jumpFalse);
      out.putInt(each.k);
    }
    return out.array();
  }

  /** The same filter, but each error is another one that no kernel returns. */
  BpfProgram withErrorsRaisedBy(int offset) {
    return new BpfProgram(
        instructions.stream()
            .map(each ->
                each.code == 0x06 && each.k != ALLOW
                    ? new Instruction(each.code, 0, 0, each.k + offset)
                    : each)
            .toList());
  }

  /** What the filter returns: {@link #ALLOW}, or {@link #ERRNO} and an error. */
  int decide(int architecture, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(0, number).putInt(4, architecture);
    for (int i = 0; i < arguments.length; i++) {
      data.putLong(16 + 8 * i, arguments[i]);
    }
    int accumulator = 0;
    int at = 0;
    while (true) {
      Instruction each = instructions.get(at++);
      switch (each.code) {
        case 0x20 -> accumulator = data.getInt(each.k);
        case 0x54 -> accumulator &= each.k;
        case 0x05 -> at += each.k;
        case 0x15 -> at += accumulator == each.k ? each.jumpTrue : each.jumpFalse;
        case 0x35 ->
            at +=
                Integer.compareUnsigned(accumulator, each.k) >= 0 ? each.jumpTrue : each.jumpFalse;
        case 0x06 -> {
          return each.k;
        }
        default -> throw new IllegalStateException("instruction " + each);
      }
    }
  }
}
