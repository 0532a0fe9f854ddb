package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Authentication;
import dev.regild.api.Authentication.Claim;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.HttpCall;
import dev.regild.api.Payload;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * What the endpoints read of a request: who sent it, and its body, within limits. The head is
 * judged first: nobody without a key of this server has any of a body read.
 */
final class Requests {
  /** No request of the protocol comes near it. */
  static final int LARGEST_BODY = 1 << 20;

  /** All bodies that are being read together, in KiB: 128 MiB. */
  private static final int MOST_BODIES_KIB = 128 << 10;

  /** Refusals that are held back at one time; past that, they are answered at once. */
  private static final int MOST_HELD_BACK = 128;

  private final Authentication authentication;
  private final FailedSignatures failures = new FailedSignatures(System::nanoTime);
  private final Semaphore bodies = new Semaphore(MOST_BODIES_KIB);
  private final Semaphore heldBack = new Semaphore(MOST_HELD_BACK);

  Requests(Authentication authentication) {
    this.authentication = authentication;
  }

  /** A request with its body, which is empty if there is none. */
  static final class Received {
    private final Caller caller;
    private final byte[] body;

    private Received(Caller caller, byte[] body) {
      this.caller = caller;
      this.body = body;
    }

    Caller caller() {
      return caller;
    }

    byte[] body() {
      return body;
    }
  }

  /**
   * Who sent a request, and its whole body.
   *
   * @throws ApiException one of the authentication errors; RequestEntityTooLargeException above 1
   *     MiB; SerializationException if the body is not whole
   */
  Received received(ServerRequest request) {
    HttpCall call = call(request);
    Claim claim = judged(request, call, () -> authentication.examine(call));
    byte[] body = body(request);
    Caller caller = judged(request, call, () -> claim.prove(Payload.of(body)));
    GuardedConnection.current().ifPresent(GuardedConnection::senderIsProven);
    return new Received(caller, body);
  }

  /** Who sent a request whose body, if there is one, says nothing. */
  Caller caller(ServerRequest request) {
    return received(request).caller();
  }

  /** Who sent a request whose body is yet to be read. */
  Caller callerOfStream(ServerRequest request) {
    HttpCall call = call(request);
    Caller caller =
        judged(request, call, () -> authentication.authenticate(call, new Payload.Streamed()));
    GuardedConnection.current().ifPresent(GuardedConnection::senderIsProven);
    return caller;
  }

  /**
   * Names the caller of one of our own endpoints to the log, and lets it in.
   *
   * @param changes whether the call changes anything
   * @throws ApiException if its account is suspended, or its key may not change anything
   */
  static Caller admitted(Caller caller, boolean changes) {
    RequestLog.caller(caller);
    caller.requireActiveAccount(ErrorType.INVALID_ACCOUNT_STATUS);
    caller.requirePermission(changes);
    return caller;
  }

  static HttpCall call(ServerRequest request) {
    Map<String, List<String>> headers = new HashMap<>();
    for (Header header : request.headers()) {
      headers.put(header.headerName().lowerCase(), header.allValues());
    }
    headers.computeIfAbsent(HeaderNames.HOST.lowerCase(), _ -> List.of(request.authority()));
    return new HttpCall(
        request.prologue().method().text(),
        request.prologue().uriPath().rawPath(),
        request.prologue().query().rawValue(),
        headers);
  }

  private byte[] body(ServerRequest request) {
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    long length = request.headers().contentLength().orElse(LARGEST_BODY);
    if (length > LARGEST_BODY) {
      throw tooLarge();
    }
    int room = (int) (length >> 10) + 1;
    if (!bodies.tryAcquire(room)) {
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE, "The server is reading too many bodies; try again later.");
    }
    GuardedConnection.current().ifPresent(it -> it.reader().limitWholeBody());
    try (InputStream content = request.content().inputStream()) {
      byte[] body = content.readNBytes(LARGEST_BODY + 1);
      if (body.length > LARGEST_BODY) {
        throw tooLarge();
      }
      return body;
    } catch (EOFException e) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The body is not whole: %s.".formatted(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      bodies.release(room);
    }
  }

  private <T> T judged(ServerRequest request, HttpCall call, Supplier<T> judgement) {
    try {
      return judgement.get();
    } catch (ApiException e) {
      slowDown(request, call, e.type());
      throw e;
    }
  }

  private void slowDown(ServerRequest request, HttpCall call, ErrorType refusal) {
    // Only of a wrong signature is it known that the key is one of this server.
    Optional<String> key =
        refusal == ErrorType.INVALID_SIGNATURE ? RequestLog.claimedKey(call) : Optional.empty();
    Duration delay = failures.failed(ClientAddress.of(request.remotePeer()), key);
    Optional<GuardedConnection> connection = GuardedConnection.current();
    if (delay.isZero() || connection.isEmpty() || !heldBack.tryAcquire()) {
      return;
    }
    try {
      connection.get().holdBack(delay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      heldBack.release();
    }
  }

  private static ApiException tooLarge() {
    return new ApiException(
        ErrorType.REQUEST_ENTITY_TOO_LARGE,
        "The request's body has more than %d bytes.".formatted(LARGEST_BODY));
  }
}
