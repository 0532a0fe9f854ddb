package dev.regild.disk;

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
}
