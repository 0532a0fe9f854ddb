package dev.regild.machine;

import java.nio.file.Path;
import java.util.List;

/**
 * What a QEMU machine is made of. It never has a network card.
 *
 * @param disk a qcow2, opened for writing
 * @param bases what the disk stands on: the machine can read these, and nothing else of the host's
 * @param hardware what the disk's system wants of its machine
 * @param memoryMiB the guest's memory
 * @param cpus the guest's processors
 * @param accelerator what QEMU runs under
 * @param directory exists, and takes the machine's own files
 */
public record MachineSpec(
    Path disk,
    List<Path> bases,
    Hardware hardware,
    int memoryMiB,
    int cpus,
    Accelerator accelerator,
    Path directory) {
  public MachineSpec {
    bases = List.copyOf(bases);
  }

  /**
   * What a system wants of its machine.
   *
   * @param uefi boots with UEFI (OVMF, with variables of its own), else with a BIOS (SeaBIOS)
   * @param bus that the disk is attached to
   * @param tpm whether there is a TPM 2.0 (swtpm), new with each machine
   * @param sectorBytes of the disk: 512 or 4096
   */
  public record Hardware(boolean uefi, DiskBus bus, boolean tpm, int sectorBytes) {
    /** With a disk of sectors of 512 bytes. */
    public Hardware(boolean uefi, DiskBus bus, boolean tpm) {
      this(uefi, bus, tpm, 512);
    }
  }
}
