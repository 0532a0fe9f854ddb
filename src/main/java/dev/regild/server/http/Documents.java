package dev.regild.server.http;

import dev.regild.api.Caller;
import dev.regild.server.http.AccountSlots.Slot;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;

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

  /** Sends a document. */
  public void send(
      ServerResponse response, Caller caller, String mediaType, Supplier<byte[]> making)
      throws InterruptedException {
    send(
        caller,
        making,
        document -> response.header(HeaderNames.CONTENT_TYPE, mediaType).send(document));
  }

  /**
   * Sends what is made, with one of the caller's slots. The next is made while it is sent: a client
   * may take as long as it likes.
   *
   * @throws dev.regild.api.ApiException if the account or the key has as many downloads as it may
   */
  public <T> void send(Caller caller, Supplier<T> making, Consumer<T> sending)
      throws InterruptedException {
    try (Slot _ = slots.take(caller)) {
      T made;
      turn.acquire();
      try {
        made = making.get();
      } finally {
        turn.release();
      }
      sending.accept(made);
    }
  }
}
