package dev.regild.windows.upstream;

import dev.regild.fetch.FetchException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Calls to a server with a cookie, which several threads share. A cookie that ends is replaced; a
 * server that is busy is asked again after pauses.
 */
final class Session {
  /** A server that is busy for longer is left alone until the next refresh. */
  static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Duration.ofMinutes(3));

  private static final int MOST_RENEWALS = 3;

  private final ServerSync server;
  private final UUID account;
  private final List<Duration> pauses;
  private @Nullable SyncCookie cookie;

  Session(ServerSync server, UUID account, List<Duration> pauses) {
    this.server = server;
    this.account = account;
    this.pauses = pauses;
  }

  /** One operation. */
  @FunctionalInterface
  interface Call<T> {
    T with(SyncCookie cookie) throws SyncFault, FetchException, InterruptedException;
  }

  /**
   * Makes a call.
   *
   * @throws SyncFault if the server says something else than that the cookie has ended, or that it
   *     is busy; or says that again and again
   */
  <T> T call(Call<T> call) throws SyncFault, FetchException, InterruptedException {
    int renewals = 0;
    int busy = 0;
    while (true) {
      SyncCookie used = null;
      try {
        used = cookie();
        return call.with(used);
      } catch (SyncFault fault) {
        boolean ended =
            fault.is(SyncFault.INVALID_COOKIE) || fault.is(SyncFault.INVALID_AUTHORIZATION_COOKIE);
        if (ended && renewals < MOST_RENEWALS) {
          renewals++;
          drop(used);
        } else if (fault.is(SyncFault.SERVER_BUSY) && busy < pauses.size()) {
          Thread.sleep(pauses.get(busy++));
        } else {
          throw fault;
        }
      }
    }
  }

  private synchronized SyncCookie cookie() throws SyncFault, FetchException, InterruptedException {
    SyncCookie known = cookie;
    if (known == null) {
      URI authentication = server.authenticationService();
      known = server.cookie(authentication, account);
      cookie = known;
    }
    return known;
  }

  /** Another thread may have replaced it already. */
  private synchronized void drop(@Nullable SyncCookie used) {
    if (used != null && used.equals(cookie)) {
      cookie = null;
    }
  }
}
