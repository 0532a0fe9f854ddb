package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.console.Activity;
import dev.regild.console.RequestGuard;
import dev.regild.server.telemetry.AuditTrail;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Treats the console's requests as those of the API.
 *
 * @param streams how many streams of events an account may have
 * @param downloads how many downloads an account may have
 * @param documents makes what is about the contents of images, also for the API
 * @param trail what the audit has
 */
public record ConsoleGuard(
    Requests requests,
    AccountSlots streams,
    AccountSlots downloads,
    Documents documents,
    AuditTrail trail)
    implements RequestGuard {
  @Override
  public void operation(String name) {
    RequestLog.operation(name);
  }

  @Override
  public void caller(ServerRequest request, Caller caller) {
    RequestLog.caller(caller);
    if (!caller.key().isEmpty()) {
      RequestLog.key(request, caller.key());
    }
  }

  @Override
  public void resources(ServerRequest request, List<String> names) {
    RequestLog.resources(request, names);
  }

  @Override
  public String requestId() {
    return RequestLog.requestId();
  }

  @Override
  public void refused(ServerResponse response, ApiException error) {
    response.header(RequestLog.ERROR_TYPE, error.type().wireName());
  }

  @Override
  public byte[] body(ServerRequest request, boolean proven) {
    return requests.bodyOf(request, proven);
  }

  @Override
  public void wrongCredentials(ServerRequest request, Optional<String> key) {
    requests.holdBack(request, key);
  }

  @Override
  public void proven() {
    GuardedConnection.current().ifPresent(GuardedConnection::senderIsProven);
  }

  @Override
  public String address(ServerRequest request) {
    return request.remotePeer().host();
  }

  @Override
  public List<Activity> activity(String accountId, Activity.Filter filter, int limit)
      throws InterruptedException {
    return trail.of(accountId, filter, limit);
  }

  @Override
  public void events(ServerResponse response, Caller caller, Runnable onHangUp, Writing events) {
    try (AccountSlots.Slot _ = streams.take(caller)) {
      response
          .header(HeaderNames.CONTENT_TYPE, "text/event-stream")
          .header(HeaderNames.CACHE_CONTROL, "no-store");
      GuardedConnection.current().ifPresent(it -> it.reader().onHangUp(onHangUp));
      Download.send(response, events::to);
    } catch (IOException e) {
      throw new CloseConnectionException("the client of a stream disconnected", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void download(ServerResponse response, Caller caller, Document document, Writing content) {
    try (AccountSlots.Slot _ = downloads.take(caller)) {
      Download.send(named(response, document), content::to);
    } catch (IOException e) {
      throw new CloseConnectionException("the client of a download disconnected", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void document(
      ServerResponse response, Caller caller, Document document, Supplier<byte[]> making)
      throws InterruptedException {
    documents.send(caller, making, bytes -> named(response, document).send(bytes));
  }

  @Override
  public <T> void inTurn(Caller caller, Supplier<T> making, Consumer<T> sending)
      throws InterruptedException {
    documents.send(caller, making, sending);
  }

  private static ServerResponse named(ServerResponse response, Document document) {
    return response
        .header(HeaderNames.CONTENT_TYPE, document.mediaType())
        // No image's name has a quotation mark.
        .header(
            HeaderNames.CONTENT_DISPOSITION,
            "attachment; filename=\"%s\"".formatted(document.fileName()));
  }
}
