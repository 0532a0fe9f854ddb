package dev.regild.windows.servicing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What the exit codes of Windows' installers mean: Win32 error codes, and HRESULTs of Component
 * Based Servicing and of Windows Update. The names are Microsoft's (winerror.h, CBS's and Windows
 * Update's references).
 */
enum WindowsExitCode {
  ERROR_SUCCESS(0, Outcome.DONE, "done", ""),
  ERROR_INVALID_FUNCTION(
      1, Outcome.FAILED, "the tool did not do what it was told", WindowsExitCode.TRY_IN_THE_IMAGE),
  ERROR_FILE_NOT_FOUND(
      2, Outcome.FAILED, "a file is missing", "Add the package to the channel again."),
  ERROR_ACCESS_DENIED(
      5,
      Outcome.FAILED,
      "access was denied",
      "The guest agent must run as LocalSystem, and no policy or security program may stop"
          + " installers."),
  ERROR_NOT_SUPPORTED(
      50,
      Outcome.FAILED,
      "this build can't take a package of this form while it runs",
      "Add the update to the channel as its .cab."),
  ERROR_INVALID_PARAMETER(
      87,
      Outcome.FAILED,
      "the tool does not know one of its options",
      "The image's build is too old for it: bring the image up to date by hand once, or take the"
          + " package out of the channel."),
  ERROR_DISK_FULL(
      112,
      Outcome.FAILED,
      "the disk is full",
      "Free some space in the image, or enlarge its disk."),
  ERROR_NO_MORE_ITEMS(
      259,
      Outcome.NO_DEVICE,
      "there is no device for it, or nothing more to do",
      WindowsExitCode.TRY_IN_THE_IMAGE),
  ERROR_INSTALL_USEREXIT(
      1602,
      Outcome.FAILED,
      "the installation was cancelled",
      "The package must install itself without a person; its publisher says how, or has another"
          + " one."),
  ERROR_INSTALL_FAILURE(
      1603,
      Outcome.FAILED,
      "a fatal error during installation",
      "Fix the problem that the Windows Installer's log reports."),
  ERROR_INSTALL_ALREADY_RUNNING(
      1618,
      Outcome.BUSY,
      "another installation is in progress",
      "Let it finish in the image first."),
  ERROR_INSTALL_PACKAGE_OPEN_FAILED(
      1619, Outcome.FAILED, "the package can't be opened", "Add it to the channel again."),
  ERROR_INSTALL_PACKAGE_INVALID(
      1620,
      Outcome.FAILED,
      "this is not a Windows Installer package",
      "Add it to the channel again."),
  /** Also while an installation that the agent has lost still writes the same log. */
  ERROR_INSTALL_LOG_FAILURE(
      1622,
      Outcome.BUSY,
      "the log can't be written",
      "The image must have the directory C:\\Windows\\Temp, and let LocalSystem write to it."),
  ERROR_INSTALL_PACKAGE_REJECTED(
      1625, Outcome.FAILED, "a policy forbids this installation", "Change the image's policy."),
  ERROR_INSTALL_PLATFORM_UNSUPPORTED(
      1633,
      Outcome.FAILED,
      "the package is for another processor architecture",
      "Add the one of the image's architecture to the channel."),
  ERROR_PRODUCT_VERSION(
      1638,
      Outcome.OTHER_VERSION,
      "another version of this product is installed, and the package does not replace it",
      "Use a package that is a major upgrade, or remove the old version from the image."),
  ERROR_SUCCESS_REBOOT_INITIATED(
      1641, Outcome.RESTARTS, "done, and the installer has started a restart", ""),
  ERROR_SUCCESS_REBOOT_REQUIRED(3010, Outcome.RESTART, "done, after a restart", ""),
  ERROR_FAIL_REBOOT_REQUIRED(
      3017, Outcome.RESTART_FIRST, "it failed because a restart is required", "Restart the image."),
  ERROR_FAIL_NOACTION_REBOOT(
      350, Outcome.RESTART_FIRST, "a restart is required first", "Restart the image."),
  ERROR_SXS_COMPONENT_STORE_CORRUPT(
      14098,
      Outcome.FAILED,
      "the component store is damaged",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  E_ACCESSDENIED(
      0x80070005,
      Outcome.FAILED,
      "access was denied",
      "The guest agent must run as LocalSystem, and no policy or security program may stop"
          + " installers."),
  E_NOT_SUPPORTED(
      0x80070032,
      Outcome.FAILED,
      "this build can't take a package of this form while it runs",
      "Add the update to the channel as its .cab."),
  E_DISK_FULL(
      0x80070070,
      Outcome.FAILED,
      "the disk is full",
      "Free some space in the image, or enlarge its disk."),
  E_ALREADY_RUNNING(
      0x80070652,
      Outcome.BUSY,
      "another installation is in progress",
      "Let it finish in the image first."),
  E_BUSY(
      0x800f0902,
      Outcome.BUSY,
      "the servicing stack is at work on something else",
      "Let it finish in the image first."),
  E_REBOOT_REQUIRED(0x80070bc2, Outcome.RESTART, "done, after a restart", ""),
  E_FAIL_REBOOT_REQUIRED(
      0x80070bc9,
      Outcome.RESTART_FIRST,
      "it failed because a restart is required",
      "Restart the image."),
  ERROR_SXS_STORE_CORRUPT(
      0x80073712,
      Outcome.FAILED,
      "the component store is damaged",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  SXS_ASSEMBLY_MISSING(
      0x80073701,
      Outcome.FAILED,
      "a component that the update builds on is missing",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  TRUST_E_NOSIGNATURE(
      0x800b0100, Outcome.FAILED, "the package is not signed", "Add it to the channel again."),
  CERT_E_UNTRUSTEDROOT(
      0x800b0109,
      Outcome.FAILED,
      "the image does not trust the package's signer",
      "Put the publisher's certificate into the image, or use a signed package."),
  ERROR_AUTHENTICODE_TRUST_NOT_ESTABLISHED(
      0xe0000242,
      Outcome.FAILED,
      "the driver's publisher is not yet trusted",
      "Put the publisher's certificate into the image's trusted publishers, or use a driver that"
          + " Microsoft has signed."),
  ERROR_AUTHENTICODE_PUBLISHER_NOT_TRUSTED(
      0xe0000243,
      Outcome.FAILED,
      "the driver's publisher is not trusted",
      "Put the publisher's certificate into the image's trusted publishers, or use a driver that"
          + " Microsoft has signed."),
  ERROR_DRIVER_STORE_ADD_FAILED(
      0xe0000247,
      Outcome.FAILED,
      "the driver could not be added to the driver store",
      "setupapi.dev.log in the image's Windows\\INF says why."),
  DRIVER_WITHOUT_CATALOGUE(
      0xe000022f,
      Outcome.FAILED,
      "the driver's INF names no catalogue file that is signed",
      "Use a signed driver."),
  CBS_S_BUSY(
      0x000f0801,
      Outcome.BUSY,
      "the servicing stack is at work on something else",
      "Let it finish in the image first."),
  CBS_S_ALREADY_EXISTS(0x000f0802, Outcome.DONE, "it was there already", ""),
  CBS_S_STACK_SHUTDOWN_REQUIRED(
      0x000f0803, Outcome.RESTART, "done, once the servicing stack has restarted", ""),
  CBS_E_INVALID_PACKAGE(
      0x800f0805,
      Outcome.FAILED,
      "the package is not a Component Based Servicing package",
      "Add the update to the channel again."),
  CBS_E_PENDING(
      0x800f0806, Outcome.RESTART_FIRST, "something is pending already", "Restart the image."),
  CBS_E_NOT_APPLICABLE(
      0x800f081e,
      Outcome.NOT_APPLICABLE,
      "the package does not apply to this image",
      "Look at the builds that the channel's package says it is for."),
  CBS_E_SOURCE_MISSING(
      0x800f081f,
      Outcome.FAILED,
      "source files are missing",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  CBS_E_NEW_SERVICING_STACK_REQUIRED(
      0x800f0823,
      Outcome.FAILED,
      "it needs a newer servicing stack",
      "Add the servicing stack update that it needs to the channel."),
  CBS_E_STORE_CORRUPTION(
      0x800f0831,
      Outcome.FAILED,
      "an update that this one builds on is missing or damaged in the component store",
      "Install the missing update in the image, or repair it with dism /Online /Cleanup-Image"
          + " /RestoreHealth."),
  CBS_E_NO_ACTIVE_EDITION(
      0x800f0905,
      Outcome.FAILED,
      "the component store has no edition of Windows that is active",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  CBS_E_INSTALLERS_FAILED(
      0x800f0922,
      Outcome.FAILED,
      "an installer in the update failed; often the system partition is full",
      "Free some space on the image's EFI system or system reserved partition."),
  PSFX_E_APPLY_FORWARD_DELTA_FAILED(
      0x800f0986,
      Outcome.FAILED,
      "files of the image are not those that the update builds on",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  PSFX_E_MATCHING_COMPONENT_DIRECTORY_MISSING(
      0x800f0983,
      Outcome.FAILED,
      "files of the image are not those that the update builds on",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  PSFX_E_MATCHING_BINARY_MISSING(
      0x800f0984,
      Outcome.FAILED,
      "files of the image are not those that the update builds on",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  PSFX_E_INVALID_DELTA_COMBINATION(
      0x800f0988,
      Outcome.FAILED,
      "files of the image are not those that the update builds on",
      "Repair the image with dism /Online /Cleanup-Image /RestoreHealth."),
  CBS_E_INSUFFICIENT_DISK_SPACE(
      0x800f0828,
      Outcome.FAILED,
      "the disk is full",
      "Free some space in the image, or enlarge its disk."),
  CBS_E_STACK_UPDATE_FAILED_REBOOT_REQUIRED(
      0x800f082a,
      Outcome.RESTART_FIRST,
      "the servicing stack can't be updated before a restart",
      "Restart the image."),
  CBS_E_MISSING_PREREQUISITE_BASELINES(
      0x800f0838,
      Outcome.FAILED,
      "the image lacks the checkpoint that the update builds on",
      "Install the checkpoint update in the image by hand, shut it down, and import it again."),
  WU_S_ALREADY_INSTALLED(0x00240006, Outcome.DONE, "it was installed already", ""),
  WU_S_REBOOT_REQUIRED(0x00240005, Outcome.RESTART, "done, after a restart", ""),
  WU_E_INSTALL_NOT_ALLOWED(
      0x80240016, Outcome.BUSY, "another installation is in progress", "Restart the image."),
  WU_E_NOT_APPLICABLE(
      0x80240017,
      Outcome.NOT_APPLICABLE,
      "the package does not apply to this image",
      "Look at the builds that the channel's package says it is for."),
  STATUS_DLL_INIT_FAILED(
      0xc0000142,
      Outcome.FAILED,
      "the tool could not start, as in a system that is shutting down",
      "Try again."),
  STATUS_CONTROL_C_EXIT(
      0xc000013a, Outcome.FAILED, "the tool was ended from outside", "Try again.");

  /** What to do after a tool that ended so. */
  enum Outcome {
    DONE,
    /** Done, once the guest has restarted. */
    RESTART,
    /** Done, and the guest restarts by itself. */
    RESTARTS,
    /** Nothing done: the tool is to be run again after a restart. */
    RESTART_FIRST,
    /** Nothing done: the tool is to be run again a little later. */
    BUSY,
    NOT_APPLICABLE,
    /** Of a program: another version of the same product is there. */
    OTHER_VERSION,
    /** Of a driver: it is in the driver store, and no device takes it at present. */
    NO_DEVICE,
    FAILED
  }

  private static final String TRY_IN_THE_IMAGE =
      "Check its output; if that does not explain it, install the package in the image by hand and"
          + " look up the code with its publisher.";

  private final long code;
  private final Outcome outcome;
  private final String meaning;
  private final String remedy;

  /**
   * @param code a 32-bit number; Java's literals above 0x7fffffff are negative
   */
  WindowsExitCode(int code, Outcome outcome, String meaning, String remedy) {
    this.code = code & 0xffff_ffffL;
    this.outcome = outcome;
    this.meaning = meaning;
    this.remedy = remedy;
  }

  /**
   * Looks a code up.
   *
   * @param code signed or unsigned: -2146498530 and 2148468766 are 0x800f081e
   */
  static Optional<WindowsExitCode> find(long code) {
    long unsigned = code & 0xffff_ffffL;
    return Arrays.stream(values()).filter(known -> known.code == unsigned).findFirst();
  }

  /** What to do after a tool that ended with a code; one that nobody knows is a failure. */
  static Outcome outcome(long code) {
    return find(code).map(known -> known.outcome).orElse(Outcome.FAILED);
  }

  /** A code for a message: {@code 0x800f081e (the package does not apply to this image)}. */
  static String spoken(long code) {
    return "%s (%s)"
        .formatted(hex(code), find(code).map(known -> known.meaning).orElse("unknown to Regild"));
  }

  /** What to do about a code; a sentence, or empty for one that is not a failure. */
  static String remedy(long code) {
    return find(code).map(known -> known.remedy).orElse(TRY_IN_THE_IMAGE);
  }

  /** As its documentation writes a code: HRESULTs in hexadecimal, Win32's in decimal too. */
  static String hex(long code) {
    long unsigned = code & 0xffff_ffffL;
    String hexadecimal = String.format(Locale.ROOT, "0x%08x", unsigned);
    return unsigned < 0x1_0000 ? unsigned + ", " + hexadecimal : hexadecimal;
  }
}
