package dev.regild.windows.servicing;

import dev.regild.servicing.GuestException;
import dev.regild.servicing.GuestText;
import dev.regild.windows.catalogue.WindowsPackage;

/** Where Windows' installers write at length why they failed. */
enum InstallerLog {
  DISM("dism.log", tail("(Join-Path $env:windir 'Logs\\DISM\\dism.log')")),
  DRIVERS("setupapi.dev.log", tail("(Join-Path $env:windir 'INF\\setupapi.dev.log')")),

  /** Ours, since we ask for it. It ends with a list of properties, far below the failed action. */
  WINDOWS_INSTALLER(
      "the Windows Installer's log",
      "$failed = Select-String -SimpleMatch 'Return value 3' -Context 19,0 -Path '%1$s' | Select-Object -First 1; "
              .formatted(InstallerLog.MSI)
          + "if ($failed) { $failed.Context.PreContext; $failed.Line } "
          + "else { Get-Content '%1$s' | Select-Object -Last 20 }".formatted(InstallerLog.MSI));

  /** The file that msiexec.exe is to write its log to. */
  static final String MSI = "C:\\Windows\\Temp\\regild.log";

  private static final String REMOVAL =
      "if (Test-Path '%1$s') { Remove-Item -Force '%1$s' }".formatted(MSI);

  private final String spoken;
  private final String script;

  /**
   * @param spoken its name for messages
   * @param script of PowerShell's that prints what a person reads of it
   */
  InstallerLog(String spoken, String script) {
    this.spoken = spoken;
    this.script = script;
  }

  private static String tail(String path) {
    return "Get-Content -Tail 20 " + path;
  }

  static InstallerLog of(WindowsPackage.Kind kind) {
    return switch (kind) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE -> DISM;
      case DRIVER -> DRIVERS;
      case AGENT -> WINDOWS_INSTALLER;
    };
  }

  /** What it says of the last failure, below a line with its name; empty if it can't be had. */
  String said(WindowsGuest guest) throws InterruptedException {
    try {
      String end = GuestText.end(guest.powershell(spoken, script));
      return end.isEmpty() ? "" : "\nFrom %s:\n%s".formatted(spoken, end);
    } catch (GuestException notToBeHad) {
      return "";
    }
  }

  /**
   * Takes a log of ours away again.
   *
   * @throws GuestException if it can't be, or the guest does not answer
   */
  void remove(WindowsGuest guest) throws GuestException, InterruptedException {
    if (this == WINDOWS_INSTALLER) {
      var _ = guest.powershell("the removal of " + MSI, REMOVAL);
    }
  }
}
