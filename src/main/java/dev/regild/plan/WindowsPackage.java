package dev.regild.plan;

/**
 * One package of a Windows catalogue that an update installs.
 *
 * @param kind what it is; packages are installed in the order of the kinds
 * @param name as the plan's change names it: {@code Package_for_RollupFix}, {@code netkvm.inf}, a
 *     program's name
 * @param architecture {@code amd64}, {@code arm64}, {@code x86} or {@code neutral}
 * @param version that it brings, as the plan's change has it
 * @param kb {@code KB5035857}; empty for what has none
 * @param fileName of the package's file: a {@code .msu} or {@code .cab}, a {@code .zip} with a
 *     driver's folder, a {@code .msi}
 */
public record WindowsPackage(
    Kind kind, String name, String architecture, String version, String kb, String fileName) {
  /** What a package is, in the order of installation. */
  public enum Kind {
    SERVICING_STACK(ChangeKind.OS),
    CUMULATIVE(ChangeKind.OS),
    DOTNET(ChangeKind.OS),
    /** Any other update of the system. */
    UPDATE(ChangeKind.OS),
    DRIVER(ChangeKind.DRIVER),
    AGENT(ChangeKind.AGENT);

    private final ChangeKind change;

    Kind(ChangeKind change) {
      this.change = change;
    }

    /** The kind of the change that a package of this kind makes. */
    public ChangeKind change() {
      return change;
    }
  }
}
