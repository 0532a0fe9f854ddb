package dev.regild.server;

import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.MentionedResources;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** The AppStream protocol at {@code POST /}. */
record AwsService(Requests requests, AppStreamProtocol protocol) implements HttpService {
  private static final HeaderName TARGET = HeaderNames.create("X-Amz-Target");

  @Override
  public void routing(HttpRules rules) {
    rules.post("/", this::answer);
  }

  private void answer(ServerRequest request, ServerResponse response) {
    String target = request.headers().first(TARGET).orElse("");
    protocol.operationOf(target).ifPresent(RequestLog::operation);
    Requests.Received received = requests.received(request);
    Caller caller = received.caller();
    byte[] body = received.body();
    RequestLog.caller(caller);
    RequestLog.resources(request, MentionedResources.in(body));
    String contentType = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    byte[] answer = protocol.answer(caller, target, contentType, body);
    response.header(HeaderNames.CONTENT_TYPE, AppStreamProtocol.CONTENT_TYPE).send(answer);
  }
}
