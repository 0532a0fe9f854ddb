package dev.regild.machine;

import java.time.Duration;
import java.util.Optional;

/** A virtual machine that runs while somebody drives its guest. One thread uses it. */
public interface RunningMachine {
  /** The agent of its guest, whether it answers already or not. */
  GuestAgent agent();

  /**
   * How many times the guest has restarted since the machine was switched on.
   *
   * @throws VirtualMachineException if the machine is gone
   */
  long restarts() throws VirtualMachineException, InterruptedException;

  /**
   * Waits until the machine is off.
   *
   * @return false when the time was up first; it then still runs
   * @throws VirtualMachineException if QEMU broke down, or the machine was told to stop
   */
  boolean awaitOff(Duration limit) throws VirtualMachineException, InterruptedException;

  /** Presses the power button, which asks the guest to shut itself down; nothing if it is off. */
  void pressPowerButton() throws VirtualMachineException, InterruptedException;

  /** What the screen shows, as a PNG of at most 1 MiB; empty if no picture could be taken. */
  Optional<byte[]> screen() throws InterruptedException;

  /** The last 64 KiB of the serial console so far, without control characters. */
  String console();
}
