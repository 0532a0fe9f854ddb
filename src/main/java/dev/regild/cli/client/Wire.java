package dev.regild.cli.client;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads values of the wire, and asks for one image. */
public final class Wire {
  private Wire() {}

  /** A time of the AppStream protocol, to the second; {@code -} if there is none. */
  public static String time(JsonNode epochSeconds) {
    return epochSeconds.isNumber() ? instant(epochSeconds).toString() : "-";
  }

  private static Instant instant(JsonNode epochSeconds) {
    return Instant.ofEpochMilli(Math.round(epochSeconds.asDouble() * 1000))
        .truncatedTo(ChronoUnit.SECONDS);
  }

  /** The image of that name, as the API describes it. */
  static JsonNode image(ApiClient client, String name)
      throws ServerRefusalException, IOException, InterruptedException {
    return client.call("DescribeImages", Map.of("Names", List.of(name))).path("Images").path(0);
  }
}
