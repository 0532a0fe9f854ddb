package dev.regild.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.api.ApiException;
import dev.regild.api.Payload;
import dev.regild.server.RawConnection;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.ServerFixture;
import dev.regild.server.SignedRequest;
import dev.regild.server.http.BodyRoom.Sender;
import dev.regild.server.http.BodyRoom.Share;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the bodies of calls take, and who is served while strangers hold theirs. */
class BodyRoomTest {
  private static final int LARGE = Requests.LARGEST_BODY;

  @TempDir Path directory;

  private final BodyRoom room = new BodyRoom();

  @Test
  void strangersOfOneAddressOrWithOneKeyHaveOnlyAShare() {
    int ofOneAddress = bodiesUntilRefused(_ -> unproven("a", "k0"));
    assertThat(ofOneAddress).isBetween(16, 17);
    assertThat(bodiesUntilRefused(i -> unproven("b" + i, "k1"))).isBetween(32, 33);
    assertThat(bodiesUntilRefused(i -> unproven("a", "k2")))
        .as("the address has its share")
        .isZero();
    assertThat(bodiesUntilRefused(i -> unproven("c", "k3"))).isEqualTo(ofOneAddress);
    assertThat(bodiesUntilRefused(_ -> new Sender.Proven())).as("the rest").isGreaterThan(60);
    room.of(unproven("a", "k0")).holds(BodyRoom.FREE);
    assertThat(bodiesUntilRefused(_ -> new Sender.Proven())).as("it was all").isZero();
  }

  @Test
  void onlyWhatHasComeIsTakenAndAllOfItIsGivenBack() {
    try (Share share = room.of(unproven("a", "k"))) {
      share.holds(BodyRoom.FREE);
      assertThat(room.taken()).isZero();
      share.holds(BodyRoom.FREE + 100);
      share.holds(BodyRoom.FREE + 50);
      assertThat(room.taken()).isEqualTo(100);
    }
    assertThat(room.taken()).isZero();
    for (int i = 0; i < 1000; i++) {
      try (Share again = room.of(unproven("a", "k"))) {
        again.holds(LARGE);
      }
    }
  }

  @Test
  void whatComesWhenNobodyKeepsItTakesNothing() {
    Share share = room.of(unproven("a", "k"));
    share.holds(LARGE);
    share.close();
    share.holds(2L * LARGE);
    assertThat(room.taken()).isZero();
  }

  @Test
  void whatIsRefusedTakesNothing() {
    bodiesUntilRefused(_ -> unproven("a", "k"));
    long before = room.taken();
    Share refused = room.of(unproven("a", "k"));
    assertThatThrownBy(() -> refused.holds(LARGE)).isInstanceOf(ApiException.class);
    refused.close();
    assertThat(room.taken()).isEqualTo(before);
  }

  @Test
  void theOwnerOfAKeyIsServedWhileAStrangerHoldsBodiesInItsName() throws Exception {
    List<RawConnection> held = new ArrayList<>();
    try (ServerFixture server = new ServerFixture(directory)) {
      Answer refused = null;
      // The last of them is past the stranger's share, however late the server takes the others.
      for (int i = 1; refused == null && i <= 40; i++) {
        held.add(new RawConnection(server.port(), "127.0.0.2"));
        refused = unended(held.getLast(), server, i < 40 ? 30 : 120_000);
      }
      assertThat(refused).as("a stranger's share has an end").isNotNull();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("The server is reading too many large bodies");
      assertThat(server.ask(server.key, "DescribeImages", "{}").status()).isEqualTo(200);
      String large = "{\"Names\":[]" + " ".repeat(900_000) + "}";
      assertThat(server.ask(server.key, "DescribeImages", large).status()).isEqualTo(200);
      try (RawConnection neighbour = new RawConnection(server.port(), "127.0.0.2")) {
        byte[] small = SignedRequest.of(server.key, "DescribeImages", "{}").bytes();
        assertThat(neighbour.write(small).read().status())
            .as("from the stranger's address")
            .isEqualTo(200);
      }
    } finally {
      for (RawConnection connection : held) {
        connection.close();
      }
    }
  }

  /** Sends all but the end of a large chunk; what the server has to say to that, if anything. */
  private static Answer unended(RawConnection connection, ServerFixture server, int millis)
      throws IOException, InterruptedException {
    AccessKey forged = new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
    SignedRequest request = withoutHash(SignedRequest.of(forged, "DescribeImages", "{}"));
    connection.write(
        request.start("HTTP/1.1", "Transfer-Encoding: chunked"),
        "100000\r\n".getBytes(UTF_8),
        new byte[LARGE - 1]);
    return connection.answers(millis) ? connection.read() : null;
  }

  /** As clients do that declare no hash of the body: nothing can be checked before it has come. */
  private static SignedRequest withoutHash(SignedRequest request) {
    List<String> head =
        request.head().stream()
            .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith(Payload.HASH_HEADER))
            .map(line -> line.replace(";" + Payload.HASH_HEADER, ""))
            .toList();
    assertThat(head).hasSize(request.head().size() - 1);
    return new SignedRequest("", head, request.body());
  }

  private int bodiesUntilRefused(IntFunction<Sender> sender) {
    for (int bodies = 0; ; bodies++) {
      Share share = room.of(sender.apply(bodies));
      try {
        share.holds(LARGE);
      } catch (ApiException e) {
        assertThat(e.type().status()).isEqualTo(503);
        share.close();
        return bodies;
      }
    }
  }

  private static Sender unproven(String address, String key) {
    return new Sender.Unproven(new ClientAddress(address), key);
  }
}
