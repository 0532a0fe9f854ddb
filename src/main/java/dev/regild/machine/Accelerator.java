package dev.regild.machine;

/** How QEMU runs a guest's instructions. */
public enum Accelerator {
  KVM("kvm"),
  TCG("tcg");

  private final String qemuName;

  Accelerator(String qemuName) {
    this.qemuName = qemuName;
  }

  /** The name that QEMU's {@code -accel} takes. */
  String qemuName() {
    return qemuName;
  }
}
