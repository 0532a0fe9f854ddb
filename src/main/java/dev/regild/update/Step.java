package dev.regild.update;

/** The steps of an update, in their order. */
enum Step {
  PREPARE(1, "Prepare"),
  RESOLVE(2, "Resolve"),
  FETCH(3, "Fetch"),
  APPLY(4, "Apply"),
  VERIFY(5, "Verify"),
  SEAL(6, "Seal"),
  QUALIFY(7, "Qualify"),
  PUBLISH(8, "Publish");

  private final int place;
  private final String title;

  Step(int place, String title) {
    this.place = place;
    this.title = title;
  }

  /** Its place in the order, from 1. */
  int place() {
    return place;
  }

  /** The name that records and displays show. */
  String title() {
    return title;
  }
}
