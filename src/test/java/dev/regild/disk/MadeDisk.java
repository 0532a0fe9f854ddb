package dev.regild.disk;

import dev.regild.machine.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Disks of the shapes that {@link QemuImg} makes none of, by the real qemu-img. */
final class MadeDisk {
  private MadeDisk() {}

  /** A raw disk in a variant of another format: {@code subformat=monolithicFlat}. */
  static void of(Path raw, String format, String variant, Path disk) throws Exception {
    by("convert", "-f", "raw", "-O", format, "-o", variant, raw.toString(), disk.toString());
  }

  /** What qemu-img makes, told by its own arguments. */
  static void by(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(List.of(arguments));
    var _ = Program.of(command).run();
  }
}
