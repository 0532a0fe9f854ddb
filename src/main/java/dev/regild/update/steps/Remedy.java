package dev.regild.update.steps;

import java.util.List;
import java.util.regex.Pattern;

/** What an image's owner can do about a failure in its guest that shows its cause. */
final class Remedy {
  /** For a step that writes large files on the host. */
  static final String FREE_SPACE = "Check the free space of the data directory (regild doctor).";

  /** For a step that leaves the guest's packages in a bad way. */
  static final String REPAIR = "Fix the reported problem in the image, then import it again.";

  /** The first that fits counts. */
  private static final List<ByCause> CAUSES =
      List.of(
          new ByCause(
              "Problem executing scripts?",
              "Fix that hook in the image's apt configuration, or skip hooks (regild"
                  + " update --skip-hooks, or skip-hooks: true in the channel's file)."),
          new ByCause(
              "of the image is full|No space left on device|don't have enough free space|needs \\d+"
                  + " ?MB on the / filesystem",
              "Enlarge the image's file system, then import the image again."),
          new ByCause(
              "the appliance did not start within",
              "Find out what keeps the server busy, or use a machine with working KVM (regild doctor)."),
          new ByCause(
              "Cannot open the disk in an? |wrong fs type|Structure needs cleaning",
              "Check the image's file systems (fsck), or service it with the isolation vm."),
          new ByCause(
              "is invalid for APT::Default-Release",
              "Add that release to the channel's sources, or remove APT::Default-Release from the"
                  + " image."));

  private record ByCause(Pattern cause, String remedy) {
    ByCause(String cause, String remedy) {
      this(Pattern.compile(cause), remedy);
    }
  }

  private Remedy() {}

  /**
   * The remedy for a step that works in the guest.
   *
   * @param otherwise for a cause that is not known
   */
  static String of(String reason, String otherwise) {
    return CAUSES.stream()
        .filter(each -> each.cause.matcher(reason).find())
        .map(ByCause::remedy)
        .findFirst()
        .orElse(otherwise);
  }
}
