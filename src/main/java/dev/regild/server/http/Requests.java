package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.Authentication;
import dev.regild.api.Authentication.Claim;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.HttpCall;
import dev.regild.api.Payload;
import dev.regild.disk.ByteCount;
import dev.regild.server.http.BodyRoom.Sender;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
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
public final class Requests {
  /** No request of the protocol comes near it. */
  static final int LARGEST_BODY = 1 << 20;

  /** A page may show the form of somebody who is not logged in again, several times as long. */
  private static final int LARGEST_UNPROVEN_FORM = 32 << 10;

  private static final int PIECE = 16 << 10;

  /** Refusals that are held back at one time; past that, they are answered at once. */
  private static final int MOST_HELD_BACK = 128;

  private final Authentication authentication;
  private final Users users;
  private final FailedSignatures failures = new FailedSignatures(System::nanoTime);
  private final BodyRoom bodies = new BodyRoom();
  private final Semaphore heldBack = new Semaphore(MOST_HELD_BACK);

  /**
   * @param users are told of every request whose sender is proven
   */
  public Requests(Authentication authentication, Users users) {
    this.authentication = authentication;
    this.users = users;
  }

  /** Hears who uses the server. */
  @FunctionalInterface
  public interface Users {
    /**
     * Takes note of a request.
     *
     * @param address of the client
     */
    void seen(Caller caller, String address);
  }

  /** A request with its body, which is empty if there is none. */
  public static final class Received {
    private final Caller caller;
    private final byte[] body;

    private Received(Caller caller, byte[] body) {
      this.caller = caller;
      this.body = body;
    }

    public Caller caller() {
      return caller;
    }

    public byte[] body() {
      return body;
    }
  }

  /**
   * Who sent a request, and its whole body.
   *
   * @throws ApiException one of the authentication errors; RequestEntityTooLargeException above 1
   *     MiB; SerializationException if the body is not whole
   */
  public Received received(ServerRequest request) {
    HttpCall call = call(request);
    Claim claim = judged(request, call, () -> authentication.examine(call));
    byte[] body = body(request, sender(request, call), LARGEST_BODY);
    Caller caller = judged(request, call, () -> claim.prove(Payload.of(body)));
    proven(request, caller);
    return new Received(caller, body);
  }

  /** Who sent a request whose body, if there is one, says nothing. */
  public Caller caller(ServerRequest request) {
    return received(request).caller();
  }

  /** Who sent a request whose body is yet to be read. */
  public Caller callerOfStream(ServerRequest request) {
    HttpCall call = call(request);
    Caller caller =
        judged(request, call, () -> authentication.authenticate(call, new Payload.Streamed()));
    proven(request, caller);
    return caller;
  }

  private void proven(ServerRequest request, Caller caller) {
    GuardedConnection.current().ifPresent(GuardedConnection::senderIsProven);
    // Without signatures, nobody has a key.
    if (!caller.key().isEmpty()) {
      users.seen(caller, request.remotePeer().host());
    }
  }

  /**
   * Names the caller of one of our own endpoints to the log, and lets it in.
   *
   * @param changes whether the call changes anything
   * @throws ApiException if its account is suspended, or its key may not change anything
   */
  public static Caller admitted(Caller caller, boolean changes) {
    RequestLog.caller(caller);
    caller.requireActiveAccount(ErrorType.INVALID_ACCOUNT_STATUS);
    caller.requirePermission(changes);
    return caller;
  }

  public static HttpCall call(ServerRequest request) {
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

  /** A declared hash is signed with the head, so the signature was checked with it. */
  private static Sender sender(ServerRequest request, HttpCall call) {
    return Payload.declaredSha256(call).isPresent()
        ? new Sender.Proven()
        : new Sender.Unproven(
            ClientAddress.of(request.remotePeer()), RequestLog.claimedKey(call).orElse(""));
  }

  /**
   * The whole body of a request that is not signed.
   *
   * @param proven whether its sender is known
   * @throws ApiException RequestEntityTooLargeException above 1 MiB, or above 32 KiB if the sender
   *     is not known; SerializationException if the body is not whole
   */
  public byte[] bodyOf(ServerRequest request, boolean proven) {
    return body(
        request,
        proven
            ? new Sender.Proven()
            : new Sender.Unproven(ClientAddress.of(request.remotePeer()), ""),
        proven ? LARGEST_BODY : LARGEST_UNPROVEN_FORM);
  }

  private byte[] body(ServerRequest request, Sender sender, int largest) {
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    if (request.headers().contentLength().orElse(0) > largest) {
      throw tooLarge(largest);
    }
    try (BodyRoom.Share room = bodies.of(sender);
        InputStream content = request.content().inputStream()) {
      // A chunk is gathered before any of it can be read from the stream.
      GuardedConnection.current().ifPresent(it -> it.reader().limitWholeBody(room::holds));
      return whole(content, room, largest);
    } catch (EOFException e) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The body is incomplete: %s.".formatted(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] whole(InputStream content, BodyRoom.Share room, int largest)
      throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] piece = new byte[PIECE];
    for (int n = content.read(piece); n >= 0; n = content.read(piece)) {
      if (body.size() + n > largest) {
        throw tooLarge(largest);
      }
      room.holds(body.size() + n);
      body.write(piece, 0, n);
    }
    return body.toByteArray();
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
    holdBack(
        request,
        refusal == ErrorType.INVALID_SIGNATURE ? RequestLog.claimedKey(call) : Optional.empty());
  }

  /**
   * Counts a sender that could not show who it is, and holds the answer back if there were many.
   *
   * @param key the id of a key of this server, if the request names one
   */
  public void holdBack(ServerRequest request, Optional<String> key) {
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

  private static ApiException tooLarge(int largest) {
    return new ApiException(
        ErrorType.REQUEST_ENTITY_TOO_LARGE,
        "The request's body has more than %s.%s"
            .formatted(
                ByteCount.text(largest),
                largest == LARGEST_UNPROVEN_FORM ? " Log in first, then send it again." : ""));
  }
}
