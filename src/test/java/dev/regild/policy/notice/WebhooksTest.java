package dev.regild.policy.notice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.RecordedEvent;
import dev.regild.policy.notice.Addresses.Network;
import dev.regild.policy.notice.Sender.FailedDeliveryException;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Webhooks at a server of this machine, which the operator allows. */
class WebhooksTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final RecordedEvent EVENT =
      new RecordedEvent(
          7,
          "0b5c5f0a-0000-4000-8000-000000000001",
          NOW.minusSeconds(3),
          new Event(
              EventType.UPDATE_SUCCEEDED,
              "111111111111",
              "eu-central-1",
              "golden-2",
              Map.of("existingImage", "golden")));

  private final Addresses allowing = new Addresses(List.of(Network.parse("127.0.0.0/8")));
  private final Map<String, String> received = new ConcurrentHashMap<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/ok", exchange -> answer(exchange, 204));
    server.createContext("/broken", exchange -> answer(exchange, 500));
    server.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "/ok");
          answer(exchange, 307);
        });
    server.createContext("/never", _ -> await());
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          while (ended.getCount() > 0) {
            exchange.getResponseBody().write(new byte[1024]);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    ended.countDown();
    server.stop(0);
  }

  private void await() {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(HttpExchange exchange, int status) throws IOException {
    received.put("path", exchange.getRequestURI().getPath());
    received.put("body", new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> received.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private URI at(String path) {
    return URI.create("http://localhost:%d%s".formatted(server.getAddress().getPort(), path));
  }

  private void send(Addresses addresses, URI to) throws Exception {
    send(addresses, to, PATIENCE);
  }

  private void send(Addresses addresses, URI to, Duration limit) throws Exception {
    new Webhooks(addresses, limit).send(to, "secret".getBytes(UTF_8), EVENT, NOW);
  }

  @Test
  void anEventComesSignedAsACloudEvent() throws Exception {
    send(allowing, at("/ok"));
    JsonNode event = JsonMapper.shared().readTree(received.get("body"));
    assertThat(event.propertyNames())
        .containsExactly(
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "datacontenttype",
            "sequence",
            "data");
    assertThat(event.path("specversion").asString()).isEqualTo("1.0");
    assertThat(event.path("source").asString()).isEqualTo("urn:regild:111111111111:eu-central-1");
    assertThat(event.path("type").asString()).isEqualTo("dev.regild.image.update-succeeded");
    assertThat(event.path("time").asString()).isEqualTo("2026-03-01T01:59:57Z");
    assertThat(event.at("/data/existingImage").asString()).isEqualTo("golden");
    assertThat(received)
        .containsEntry("content-type", "application/cloudevents+json; charset=UTF-8")
        .containsEntry("webhook-id", EVENT.id())
        .containsEntry("webhook-timestamp", Long.toString(NOW.getEpochSecond()));
    assertThat(received.get("webhook-signature"))
        .isEqualTo(
            Webhooks.signature(
                "secret".getBytes(UTF_8),
                EVENT.id(),
                NOW,
                received.getOrDefault("body", "").getBytes(UTF_8)));
  }

  /** The vector of the Standard Webhooks libraries' own tests. */
  @Test
  void theSignatureIsThatOfTheSpecification() {
    assertThat(
            Webhooks.signature(
                Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                Instant.ofEpochSecond(1614265330),
                "{\"test\": 2432232314}".getBytes(UTF_8)))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void whatIsNotAcceptedFails() {
    assertThatThrownBy(() -> send(allowing, at("/broken")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessage("It answers with the status 500.");
    assertThatThrownBy(() -> send(allowing, at("/moved")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageStartingWith("It answers with the redirect 307, which is not followed.");
    assertThat(received).as("it was not followed").containsEntry("path", "/moved");
    URI nobody = URI.create("http://127.0.0.1:1/");
    assertThatThrownBy(() -> send(allowing, nobody))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("It can't be reached");
  }

  @Test
  void oneThatDoesNotAnswerOrEndKeepsNobody() throws Exception {
    assertThatThrownBy(() -> send(allowing, at("/never"), Duration.ofSeconds(1)))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessage("It did not answer within 1 s.");
    send(allowing, at("/endless"));
  }

  @Test
  void oneThatCanNotBeToldIsFoundWhenItIsGiven() throws Exception {
    Webhooks webhooks = new Webhooks(allowing, PATIENCE);
    webhooks.require(at("/ok"));
    // It may ask for a signature, or know no other method than POST.
    webhooks.require(at("/broken"));
    webhooks.require(at("/endless"));
    assertThatThrownBy(() -> new Webhooks(allowing, Duration.ofSeconds(1)).require(at("/never")))
        .hasMessage("It did not answer within 1 s.");
    assertThatThrownBy(() -> webhooks.require(at("/moved")))
        .hasMessageStartingWith("It answers with the redirect 307, which is not followed.");
    assertThatThrownBy(() -> webhooks.require(URI.create("http://127.0.0.1:1/")))
        .hasMessageContaining("It can't be reached");
    assertThatThrownBy(() -> new Webhooks(new Addresses(List.of()), PATIENCE).require(at("/ok")))
        .hasMessageContaining("has the private address");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::10.0.0.1]",
        "[fd00::1]",
        "[fe80::1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::1]",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f000001"
      })
  void aPrivateAddressIsNotConnectedTo(String host) {
    URI to = URI.create("http://%s:%d/ok".formatted(host, server.getAddress().getPort()));
    assertThatThrownBy(() -> send(new Addresses(List.of()), to))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageMatching("The host .* (has the private address|does not exist).*");
    assertThat(received).isEmpty();
  }

  /** As the system's resolver gives them to Java, which keeps them as they are. */
  @ParameterizedTest
  @ValueSource(
      strings = {"::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:169.254.169.254", "4000::1"})
  void anAddressThatANameServerGivesInAnotherFormIsPrivateToo(String form) throws Exception {
    byte[] bytes = InetAddress.getByName(form).getAddress();
    if (bytes.length == 4) {
      byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0};
      System.arraycopy(bytes, 0, mapped, 12, 4);
      bytes = mapped;
    }
    InetAddress address = Inet6Address.getByAddress("hooks.example.com", bytes, -1);
    assertThat(address).isInstanceOf(Inet6Address.class);
    assertThat(new Addresses(List.of()).mayReach(address)).isFalse();
    assertThat(allowing.mayReach(address)).isEqualTo(form.equals("::ffff:127.0.0.1"));
  }

  @Test
  void whatTheOperatorAllowsIsThatAlone() throws Exception {
    Addresses some = new Addresses(List.of(Network.parse("10.20.0.0/15")));
    assertThat(some.mayReach(InetAddress.getByName("10.21.255.255"))).isTrue();
    assertThat(some.mayReach(InetAddress.getByName("10.22.0.0"))).isFalse();
    assertThat(some.mayReach(InetAddress.getByName("8.8.8.8"))).isTrue();
    assertThat(some.mayReach(InetAddress.getByName("2606:4700::1"))).isTrue();
    for (String bad : List.of("10.0.0.0", "10.0.0.0/33", "x/8", "example.com/8", "10/8")) {
      assertThatThrownBy(() -> Network.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
