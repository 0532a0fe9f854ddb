package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What the server does for the requests of the console as it does for those of the API. */
public interface RequestGuard {
  /** Names what the current request asks for, for the log, the metrics and the audit. */
  void operation(String name);

  /** Names who sent a request. */
  void caller(ServerRequest request, Caller caller);

  /** Names what a request is about; its sender has to be known. */
  void resources(ServerRequest request, List<String> names);

  /** The current request's id. */
  String requestId();

  /** Marks an answer as an error, for the log, the metrics and the audit. */
  void refused(ServerResponse response, ApiException error);

  /**
   * Reads a whole body of at most 1 MiB, or 32 KiB if the sender is not known.
   *
   * @param proven whether the sender is known
   * @throws ApiException RequestEntityTooLargeException, or SerializationException if the body is
   *     incomplete
   */
  byte[] body(ServerRequest request, boolean proven);

  /**
   * Counts a login that was refused, and holds the answer back as that of a wrong signature.
   *
   * @param key the id of a key of this server, if the request names one
   */
  void wrongCredentials(ServerRequest request, Optional<String> key);

  /** Tells the connection's limits that its client is known. */
  void proven();

  /** The address that a request came from. */
  String address(ServerRequest request);

  /**
   * The audit's lines of an account, the newest first.
   *
   * @param limit how many at most
   * @throws ApiException ThrottlingException if others search for too long
   */
  List<Activity> activity(String accountId, Activity.Filter filter, int limit)
      throws InterruptedException;

  /** Writes to a client until it is gone. */
  @FunctionalInterface
  interface Writing {
    void to(OutputStream out) throws IOException, InterruptedException;
  }

  /**
   * Sends an event stream, which counts among those of the caller's account.
   *
   * @param onHangUp runs when the client disconnects
   * @throws ApiException if the account or the key has as many streams as it may
   */
  void events(ServerResponse response, Caller caller, Runnable onHangUp, Writing events);

  /**
   * Sends a document, which counts among the downloads of the caller's account.
   *
   * @throws ApiException if the account or the key has as many downloads as it may
   */
  void download(ServerResponse response, Caller caller, Document document, Writing content);

  /**
   * Sends a document about the contents of an image; they are made one at a time.
   *
   * @throws ApiException if the account or the key has as many downloads as it may
   */
  void document(ServerResponse response, Caller caller, Document document, Supplier<byte[]> making)
      throws InterruptedException;

  /**
   * Makes what a page shows of the contents of images, in turn with the documents about them, and
   * sends it. It counts among the downloads of the caller's account.
   *
   * @throws ApiException if the account or the key has as many downloads as it may
   */
  <T> void inTurn(Caller caller, Supplier<T> making, Consumer<T> sending)
      throws InterruptedException;

  /** A document to download. */
  record Document(String fileName, String mediaType) {}
}
