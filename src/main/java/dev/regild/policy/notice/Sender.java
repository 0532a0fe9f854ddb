package dev.regild.policy.notice;

import dev.regild.event.RecordedEvent;
import java.net.URI;
import java.time.Instant;

/** Delivers one event to one place, within a limited time. */
interface Sender {
  /**
   * Delivers an event.
   *
   * @param secret what it is signed with
   * @throws FailedDeliveryException if it was not accepted; the message says why
   */
  void send(URI to, byte[] secret, RecordedEvent event, Instant now)
      throws FailedDeliveryException, InterruptedException;

  /** An event that was not accepted. It is tried again. */
  final class FailedDeliveryException extends Exception {
    FailedDeliveryException(String message) {
      super(message);
    }

    FailedDeliveryException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
