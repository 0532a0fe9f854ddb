package dev.regild.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads values of the wire, and asks for one image. */
final class Wire {
  private static final Duration POLL = Duration.ofMillis(500);

  private Wire() {}

  /** A time of the AppStream protocol, to the second; {@code -} if there is none. */
  static String time(JsonNode epochSeconds) {
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

  /**
   * Waits until nobody works on the image any more.
   *
   * @return the image then, AVAILABLE or FAILED
   */
  static JsonNode awaitFinal(ApiClient client, String name, Patience patience)
      throws ServerRefusalException, IOException, InterruptedException {
    while (true) {
      JsonNode image = patience.ask(() -> image(client, name));
      String state = image.path("State").asString("");
      if (state.equals("AVAILABLE") || state.equals("FAILED")) {
        return image;
      }
      Thread.sleep(POLL);
    }
  }

  /** Why an image failed. */
  static String reason(JsonNode image) {
    return image.path("StateChangeReason").path("Message").asString("it gives no reason");
  }
}
