package dev.regild.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import tools.jackson.databind.json.JsonMapper;

/** JSON of our own endpoints: small letters, absent members left out, times as ISO-8601 in UTC. */
public final class OwnAnswers {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(
              value -> value.withValueInclusion(JsonInclude.Include.NON_ABSENT))
          .build();

  private OwnAnswers() {}

  public static void send(ServerResponse response, Object body) {
    response
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(JSON.writeValueAsBytes(body));
  }

  public static String text(Object body) {
    return JSON.writeValueAsString(body);
  }

  public static JsonMapper json() {
    return JSON;
  }
}
