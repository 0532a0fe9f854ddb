package dev.regild.server.rest;

import dev.regild.api.Caller;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.AccountSlots.Slot;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.util.concurrent.Semaphore;

/**
 * Makes one document about what is in an image at a time, but sends as many at a time as downloads
 * may run. A hostile image can have 64 MiB of package texts, and documents several times as large.
 */
public final class Documents {
  private final AccountSlots slots;
  private final Semaphore turn = new Semaphore(1, true);

  public Documents(AccountSlots slots) {
    this.slots = slots;
  }

  /** Makes a document. */
  @FunctionalInterface
  interface Making {
    byte[] make();
  }

  void send(ServerResponse response, Caller caller, String mediaType, Making making)
      throws InterruptedException {
    try (Slot _ = slots.take(caller)) {
      byte[] document;
      turn.acquire();
      try {
        document = making.make();
      } finally {
        turn.release();
      }
      response.header(HeaderNames.CONTENT_TYPE, mediaType).send(document);
    }
  }
}
