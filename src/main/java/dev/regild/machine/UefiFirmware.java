package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * OVMF, the UEFI firmware for QEMU: read-only code and a template of the variables.
 *
 * @param code shared by all machines
 * @param variables copied for each
 */
public record UefiFirmware(Path code, Path variables) {
  /** Debian's package {@code ovmf}, then Fedora's {@code edk2-ovmf}. */
  private static final List<UefiFirmware> KNOWN =
      List.of(
          new UefiFirmware(
              Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"),
              Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd")),
          new UefiFirmware(
              Path.of("/usr/share/edk2/ovmf/OVMF_CODE.fd"),
              Path.of("/usr/share/edk2/ovmf/OVMF_VARS.fd")));

  /** The one that is installed on this host; empty if there is none. */
  public static Optional<UefiFirmware> find() {
    return KNOWN.stream()
        .filter(f -> Files.isReadable(f.code) && Files.isReadable(f.variables))
        .findFirst();
  }

  static UefiFirmware installed() throws VirtualMachineException {
    return find()
        .orElseThrow(() ->
            new VirtualMachineException(
                "the disk boots with UEFI, but UEFI firmware is not installed: on Debian, apt-get"
                    + " install ovmf"));
  }

  /** A machine's own variables, in its directory. */
  Path copyVariables(Path directory) throws VirtualMachineException {
    Path own = directory.resolve("uefi-variables.fd");
    try {
      Files.copy(variables, own, StandardCopyOption.REPLACE_EXISTING);
      return own;
    } catch (IOException e) {
      throw new VirtualMachineException("cannot copy the UEFI variables to " + own, e);
    }
  }

  /** QEMU's options for this firmware, with a machine's own variables. */
  List<String> options(Path own) {
    return List.of(
        "-drive",
        "if=pflash,unit=0,format=raw,readonly=on,file=" + QemuCommand.escaped(code),
        "-drive",
        "if=pflash,unit=1,format=raw,file=" + QemuCommand.escaped(own));
  }
}
