package dev.regild.windows.servicing;

import dev.regild.servicing.GuestException;
import dev.regild.windows.registry.PendingRestart;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The restarts of a guest that is serviced. They must come to an end: {@value #MAX_IN_A_ROW} in a
 * row, with no package begun and no rest between them, are the most.
 */
final class Restarts {
  private static final int MAX_IN_A_ROW = 5;

  private final WindowsGuest guest;
  private final Consumer<String> log;
  private boolean asked;
  private int inARow;
  private boolean replacesFilesAtEachStart;

  /**
   * @param log is told of what keeps asking for restarts, a line each
   */
  Restarts(WindowsGuest guest, Consumer<String> log) {
    this.guest = guest;
    this.log = log;
  }

  /** Something new begins, for which the guest may restart as often as for any other. */
  void begin() {
    inARow = 0;
  }

  /** Something is done once the guest has restarted. */
  void ask() {
    asked = true;
  }

  /**
   * Restarts at once.
   *
   * @param why for the message
   * @throws GuestException if it is one too many, or the guest does not restart
   */
  void now(String why) throws GuestException, InterruptedException {
    count(why);
    guest.restart();
    asked = false;
  }

  /**
   * Waits for a restart that somebody else has started.
   *
   * @param before how many the guest had had until then
   * @param why for the message
   * @throws GuestException if it is one too many, or the guest does not restart
   */
  void await(long before, String why) throws GuestException, InterruptedException {
    count(why);
    guest.awaitRestart(before);
    asked = false;
  }

  /**
   * Restarts the guest until nothing in it asks for that any more.
   *
   * @throws GuestException if that does not come to an end
   */
  void settle() throws GuestException, InterruptedException {
    Set<PendingRestart> pending = pending();
    while (asked || !pending.isEmpty()) {
      now(pending.isEmpty() ? "for what was installed last" : PendingRestart.spoken(pending));
      pending = pending();
      if (pending.equals(Set.of(PendingRestart.FILES))) {
        log.accept("A program in the image replaces files at each start; this is accepted.");
        replacesFilesAtEachStart = true;
        pending = Set.of();
      }
    }
    inARow = 0;
  }

  private void count(String why) throws GuestException {
    if (inARow == MAX_IN_A_ROW) {
      throw guest.failure(
          "Windows still needs a restart after %d restarts in a row (%s). %s"
              .formatted(MAX_IN_A_ROW, why, PendingRestart.REMEDY));
    }
    inARow++;
  }

  private Set<PendingRestart> pending() throws GuestException, InterruptedException {
    Set<PendingRestart> pending = guest.pendingRestarts();
    if (replacesFilesAtEachStart) {
      pending.remove(PendingRestart.FILES);
    }
    return pending;
  }
}
