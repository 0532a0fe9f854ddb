package dev.regild.windows.catalogue;

import java.util.List;

/**
 * One package of a Windows catalogue that an update installs.
 *
 * @param kind what it is; packages are installed in the order of the kinds
 * @param name as the plan's change names it: {@code Windows} of a cumulative update, {@code
 *     Package_for_ServicingStack}, {@code netkvm.inf}, a program's name
 * @param architecture {@code amd64}, {@code arm64}, {@code x86} or {@code neutral}
 * @param version that it brings, as the plan's change has it; of a cumulative update the system's:
 *     {@code 10.0.20348.2340}
 * @param kb {@code KB5035857}; empty for what has none
 * @param fileName of the package's file: a {@code .msu} or {@code .cab}, a {@code .zip} with a
 *     driver's folder, a {@code .msi}
 * @param beside names of the files that must lie beside it while it is installed: checkpoints
 */
public record WindowsPackage(
    Kind kind,
    String name,
    String architecture,
    String version,
    String kb,
    String fileName,
    List<String> beside) {
  public WindowsPackage {
    beside = List.copyOf(beside);
  }

  /** A package that needs no other file. */
  public WindowsPackage(
      Kind kind, String name, String architecture, String version, String kb, String fileName) {
    this(kind, name, architecture, version, kb, fileName, List.of());
  }

  /** What a package is, in the order of installation. */
  public enum Kind {
    SERVICING_STACK,
    CUMULATIVE,
    DOTNET,
    /** Any other update of the system. */
    UPDATE,
    DRIVER,
    AGENT
  }
}
