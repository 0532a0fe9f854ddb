package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.image.Owner;
import dev.regild.policy.notice.CloudEvents;
import dev.regild.policy.notice.Notice;
import dev.regild.policy.notice.Notices;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /regild/v1/events}: what has happened; {@code /regild/v1/notices}: who is told of it. */
public record NoticeService(Requests requests, Database database, Policies policies, Clock clock)
    implements HttpService {
  private static final int MOST_EVENTS = 1000;
  private static final int USUAL_EVENTS = 100;

  /** In place of a number: the last events that there are. */
  private static final long NEWEST = -1;

  /**
   * A notice.
   *
   * @param waiting events that are still to be delivered
   * @param problem why one of these was not accepted
   * @param secret what deliveries are signed with; only in the answer to who adds it, or asks
   */
  private record NoticeView(
      String name,
      Map<String, Object> spec,
      long delivered,
      long waiting,
      long givenUp,
      Optional<String> problem,
      Optional<String> secret) {
    private static NoticeView of(Notice notice, Optional<String> secret) {
      return new NoticeView(
          notice.name(),
          notice.canonical(),
          notice.delivered(),
          notice.waiting(),
          notice.givenUp(),
          Optional.of(notice.problem()).filter(it -> !it.isEmpty()),
          secret);
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/events", this::events);
    rules.get("/regild/v1/notices", this::list);
    rules.post("/regild/v1/notices", this::add);
    rules.post("/regild/v1/notices/{name}/secret", this::secret);
    rules.delete("/regild/v1/notices/{name}", this::remove);
  }

  private void events(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListEvents");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    int limit = (int) number(request, "limit", USUAL_EVENTS, 1, MOST_EVENTS);
    long after = number(request, "after", NEWEST, 0, Long.MAX_VALUE);
    // Read first: an event that comes meanwhile is shown by the next request, not left out.
    long last = after == NEWEST ? database.read(Events::last) : after;
    List<RecordedEvent> events =
        database.read(handle ->
            after == NEWEST
                ? Events.newest(handle, owner.accountId(), owner.region(), limit)
                : Events.after(handle, owner.accountId(), owner.region(), after, limit));
    OwnAnswers.send(
        response,
        Map.of(
            "events",
            events.stream().map(CloudEvents::of).toList(),
            "next",
            events.isEmpty() ? last : events.getLast().number()));
  }

  private static long number(
      ServerRequest request, String name, long otherwise, long least, long most) {
    Optional<String> text = request.query().first(name).filter(it -> !it.isEmpty());
    if (text.isEmpty()) {
      return otherwise;
    }
    long number = text.get().matches("\\d{1,18}") ? Long.parseLong(text.get()) : -1;
    if (number < least || number > most) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The query parameter %s is '%s'. It must be a number from %d to %d."
              .formatted(name, text.get(), least, most));
    }
    return number;
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListNotices");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of(
            "notices",
            database.read(handle -> Notices.list(handle, owner)).stream()
                .map(notice -> NoticeView.of(notice, Optional.empty()))
                .toList()));
  }

  private void add(ServerRequest request, ServerResponse response) {
    RequestLog.operation("AddNotice");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    PolicyBody body = PolicyBody.of(received.body());
    String name = body.text("name");
    RequestLog.resources(request, List.of(name));
    Notices notices = policies.notices();
    Notice added =
        PolicyErrors.checked(() -> {
          Map<String, Object> spec = notices.canonical(name, body.json().path("spec"));
          notices.requirePossible(name, spec);
          return database.inTransaction(handle -> {
            notices.add(handle, caller.owner(), name, spec, clock.instant());
            return Notices.require(handle, caller.owner(), name);
          });
        });
    OwnAnswers.send(response, NoticeView.of(added, notices.secretText(added)));
  }

  /** A post, so that a key which may only look does not see it. */
  private void secret(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowNoticeSecret");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    Notice notice = database.read(handle -> Notices.require(handle, caller.owner(), name));
    Optional<String> secret = policies.notices().secretText(notice);
    if (secret.isEmpty()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The notice %s sends e-mail, which is not signed. Only webhooks have a secret."
              .formatted(name));
    }
    OwnAnswers.send(response, NoticeView.of(notice, secret));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveNotice");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    database.useTransaction(handle -> policies.notices().remove(handle, caller.owner(), name));
    OwnAnswers.send(response, Map.of("name", name));
  }
}
