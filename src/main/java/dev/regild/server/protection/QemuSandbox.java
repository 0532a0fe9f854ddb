package dev.regild.server.protection;

import dev.regild.machine.AcceleratorProbe;

/** QEMU's own filter of system calls. */
final class QemuSandbox implements Protection {
  private static final String WHAT = "QEMU's sandbox";

  @Override
  public Finding look() throws InterruptedException {
    return AcceleratorProbe.sandboxTrouble()
        .map(trouble ->
            Finding.missing(WHAT, trouble + "; use a QEMU that is built with seccomp, as Debian's"))
        .orElseGet(() -> Finding.holds(WHAT, "an emulated machine booted in it"));
  }
}
