package dev.regild.disk;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The disk formats that can be uploaded and exported. */
public enum DiskFormat {
  QCOW2("qcow2"),
  RAW("raw"),
  VMDK("vmdk"),
  VHDX("vhdx");

  private final String qemuName;

  DiskFormat(String qemuName) {
    this.qemuName = qemuName;
  }

  /** The name that QEMU's tools and libguestfs know it by. */
  public String qemuName() {
    return qemuName;
  }

  /** The format of that name, in any case; empty if there is none. */
  public static Optional<DiskFormat> named(String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(f -> f.qemuName.equals(lowerCase)).findFirst();
  }
}
