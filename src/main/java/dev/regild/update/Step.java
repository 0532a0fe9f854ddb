package dev.regild.update;

/** The steps of an update, in their order. */
enum Step {
  PREPARE("Prepare", "Check the free space of the data directory (regild doctor)."),
  RESOLVE(
      "Resolve",
      "Repair the image's packages (apt-get --fix-broken install) or its pins, and import it anew."),
  FETCH("Fetch", "Check that the channel's repositories can be reached (regild channel refresh)."),
  APPLY("Apply", "Repair what the guest's package manager names, and import the image anew."),
  VERIFY("Verify", "Repair what is named, and import the image anew."),
  SEAL("Seal", "Check the free space of the data directory (regild doctor)."),
  QUALIFY(
      "Qualify",
      "Boot the existing image elsewhere and look for the cause named, or raise the time limit."),
  PUBLISH("Publish", "Check the free space of the data directory (regild doctor).");

  private final String title;
  private final String remedy;

  Step(String title, String remedy) {
    this.title = title;
    this.remedy = remedy;
  }

  /** The name that records and displays show. */
  String title() {
    return title;
  }

  /** What its owner can do about it when the step fails. */
  String remedy() {
    return remedy;
  }
}
