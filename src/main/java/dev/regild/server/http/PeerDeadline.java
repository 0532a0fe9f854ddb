package dev.regild.server.http;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Until when the server waits for one client. {@link Connections} ends the connection of a client
 * that misses it: a blocked read or write of a socket channel can't be given a limit of its own.
 */
final class PeerDeadline {
  private static final long NONE = Long.MIN_VALUE;

  /** What the server waits for. */
  enum Wait {
    /** The rest of a request's head. */
    HEAD,
    /** The next request. */
    IDLE,
    /** More of a body. */
    BODY,
    /** The client to take what is written. */
    ANSWER,
    /** The rest of a body that nobody reads. */
    REST
  }

  private final LongSupplier nanoTime;
  private final long origin;
  private volatile long end = NONE;
  private volatile Wait wait = Wait.HEAD;

  PeerDeadline(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** From now on the client has this long. */
  void begin(Wait what, Duration limit) {
    wait = what;
    end = now() + limit.toNanos();
  }

  /** The client did what was waited for. */
  void end() {
    end = NONE;
  }

  /** What the client has not done in time. */
  Optional<Wait> missed() {
    long until = end;
    return until != NONE && now() > until ? Optional.of(wait) : Optional.empty();
  }

  private long now() {
    return nanoTime.getAsLong() - origin;
  }
}
