package dev.regild.update;

/** The steps of an update, in their order. */
enum Step {
  PREPARE(1, "Prepare", "Check the free space of the data directory (regild doctor)."),
  RESOLVE(
      2,
      "Resolve",
      "Repair the image's packages (apt-get --fix-broken install, dnf check) or its pins, and"
          + " import it anew; of Windows, ask for the update again."),
  FETCH(
      3, "Fetch", "Check that the channel's repositories can be reached (regild channel refresh)."),
  APPLY(4, "Apply", "Repair what is named, and import the image anew."),
  VERIFY(5, "Verify", "Repair what is named, and import the image anew."),
  SEAL(6, "Seal", "Check the free space of the data directory (regild doctor)."),
  QUALIFY(
      7,
      "Qualify",
      "Boot the existing image elsewhere and look for the cause named, or raise"
          + " qualification.time-limit, of Windows windows.start-limit."),
  PUBLISH(8, "Publish", "Check the free space of the data directory (regild doctor).");

  private final int place;
  private final String title;
  private final String remedy;

  Step(int place, String title, String remedy) {
    this.place = place;
    this.title = title;
    this.remedy = remedy;
  }

  /** Its place in the order, from 1. */
  int place() {
    return place;
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
