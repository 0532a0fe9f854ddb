package dev.regild.servicing;

import java.time.Duration;
import java.util.List;

/** What belongs to an image's identity, and its logs, kept while packages change. */
record Keepsakes(Guest guest) {
  private static final String DIRECTORY = Guest.WORKSPACE + "/kept";
  private static final String SCRIPT = "keep.sh";
  private static final Duration MOMENT = Duration.ofMinutes(10);

  void save() throws GuestException {
    run("save");
  }

  /** As it was at {@link #save}. */
  void restore() throws GuestException {
    run("restore");
  }

  private void run(String what) throws GuestException {
    String script = guest.hand(SCRIPT, Resources.read(SCRIPT));
    guest.run(List.of("sh", script, what, DIRECTORY), MOMENT, line -> {});
  }
}
