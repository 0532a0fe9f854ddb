package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Authentication;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the endpoints read of a request: its body, within limits, and who sent it. */
final class Requests {
  /** No request of the protocol comes near it. */
  static final int LARGEST_BODY = 1 << 20;

  /**
   * How much of a body that is too large is read and thrown away: most clients read no answer
   * before they have sent it all, and would only see the connection break.
   */
  private static final int DISCARDED = 16 << 20;

  private final Authentication authentication;

  Requests(Authentication authentication) {
    this.authentication = authentication;
  }

  /**
   * The whole body.
   *
   * @throws ApiException RequestEntityTooLargeException above 1 MiB; SerializationException if it
   *     is not whole
   */
  byte[] body(ServerRequest request) {
    long length = request.headers().contentLength().orElse(0);
    boolean asksFirst = request.headers().contains(HeaderNames.EXPECT);
    if (length > DISCARDED || (length > LARGEST_BODY && asksFirst)) {
      throw tooLarge();
    }
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    try (InputStream content = request.content().inputStream()) {
      byte[] body = content.readNBytes(LARGEST_BODY + 1);
      if (body.length > LARGEST_BODY) {
        discard(content);
        throw tooLarge();
      }
      return body;
    } catch (EOFException e) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The body is not whole: %s.".formatted(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void discard(InputStream content) throws IOException {
    byte[] buffer = new byte[1 << 16];
    int discarded = 0;
    for (int read = 0; read >= 0 && discarded < DISCARDED; read = content.read(buffer)) {
      discarded += read;
    }
  }

  /** Who sent a request whose body is read already, or absent. */
  Caller caller(ServerRequest request, byte[] body) {
    return authentication.authenticate(call(request), Payload.of(body));
  }

  /** Who sent a request whose body is yet to be read. */
  Caller callerOfStream(ServerRequest request) {
    return authentication.authenticate(call(request), new Payload.Streamed());
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

  private static ApiException tooLarge() {
    return new ApiException(
        ErrorType.REQUEST_ENTITY_TOO_LARGE,
        "The request's body has more than %d bytes.".formatted(LARGEST_BODY));
  }
}
