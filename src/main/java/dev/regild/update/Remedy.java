package dev.regild.update;

import dev.regild.plan.PackageSystem;
import java.util.List;
import java.util.regex.Pattern;

/** What an image's owner can do about an update that failed: by its cause, else by its step. */
final class Remedy {
  /** The first that fits counts. */
  private static final List<ByCause> CAUSES =
      List.of(
          new ByCause(
              "Problem executing scripts?",
              "Correct that hook in the image's apt configuration, or leave hooks out (regild"
                  + " update --skip-hooks, or skip-hooks: true in the channel's file)."),
          new ByCause(
              "No space left on device|don't have enough free space|needs \\d+ ?MB on the /"
                  + " filesystem",
              "Give the image's file system more room, and import the image again."),
          new ByCause(
              "the appliance did not start within",
              "Look for what keeps the server busy, and for a KVM that works (regild doctor)."),
          new ByCause(
              "can't be opened in|wrong fs type|Structure needs cleaning",
              "Check the image's file systems (fsck), or service it with the isolation vm."),
          new ByCause(
              "is invalid for APT::Default-Release",
              "Add that release to the channel's sources, or take APT::Default-Release out of the"
                  + " image."));

  private record ByCause(Pattern cause, String remedy) {
    ByCause(String cause, String remedy) {
      this(Pattern.compile(cause), remedy);
    }
  }

  private Remedy() {}

  /** The remedy for a failure. */
  static String of(FailedStepException failure, PackageSystem system) {
    if (failure.getCause() instanceof StepException known && known.remedy().isPresent()) {
      return known.remedy().get();
    }
    return CAUSES.stream()
        .filter(each -> each.cause.matcher(failure.reason()).find())
        .map(ByCause::remedy)
        .findFirst()
        .orElseGet(() -> of(failure.step(), system));
  }

  /** The remedy for a disk that does not come up in its validation boot. */
  static String ofValidation(PackageSystem system) {
    return "Boot the disk elsewhere, fix it and upload it again, or raise %s."
        .formatted(timeLimit(system));
  }

  /** The setting that says how long a boot may take. */
  private static String timeLimit(PackageSystem system) {
    return switch (system) {
      case DPKG, RPM -> "qualification.time-limit";
      case WINDOWS -> "windows.start-limit";
    };
  }

  private static String of(Step step, PackageSystem system) {
    return switch (step) {
      case PREPARE, SEAL, PUBLISH -> "Check the free space of the data directory (regild doctor).";
      case RESOLVE ->
          switch (system) {
            case DPKG ->
                "Repair the image's packages (apt-get --fix-broken install), and import it again.";
            case RPM -> "Repair the image's packages (dnf check), and import it again.";
            case WINDOWS -> "Ask for the update again.";
          };
      case FETCH ->
          "Check that the channel's repositories can be reached (regild channel refresh).";
      case APPLY, VERIFY -> "Repair what is named in the image, and import it again.";
      case QUALIFY ->
          "Boot the existing image elsewhere and look for the cause named, or raise "
              + timeLimit(system)
              + ".";
    };
  }
}
