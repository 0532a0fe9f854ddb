package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.SignedRequest.Terms;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol byte by byte: what a client that nobody here wrote may send, and what it reads. */
@ExtendWith(RunningServer.class)
class ProtocolTest {
  /** One character of the planes 0, 1, 2 and 3 each, all of them letters. */
  private static final String LETTERS = "ä漢\uD835\uDCB3\uD840\uDC00\uD880\uDC00";

  private static ServerFixture server;
  private static Image golden;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    golden =
        Image.importing(
            server.owner("us-east-1"),
            "golden",
            Optional.of("Golden \uD83E\uDDAB"),
            Optional.of(LETTERS),
            List.of(),
            Instant.ofEpochMilli(1_769_860_800_120L));
    server.database.useTransaction(handle -> Images.insert(handle, golden));
  }

  @Test
  void anAnswerHasItsHeadersAndItsTimesAreNumbers() throws Exception {
    Answer answer = ask("DescribeImages", "{\"Names\":[\"golden\"]}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("content-type")).isEqualTo("application/x-amz-json-1.1");
    assertThat(answer.header("x-amzn-requestid"))
        .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    assertThat(answer.body())
        .contains("\"CreatedTime\":1769860800.120,")
        .contains("\"Description\":\"" + LETTERS + "\"")
        .contains("\"DisplayName\":\"Golden \uD83E\uDDAB\"")
        .contains("\"ImagePermissions\":{\"allowFleet\":true,\"allowImageBuilder\":true}")
        .doesNotContain("null")
        .doesNotContain("StateChangeReason");
  }

  @Test
  void nullMembersAreAbsentAndUnknownOnesIgnored() throws Exception {
    assertThat(ask("DescribeImages", "{\"Names\":null,\"NextToken\":null,\"names\":7,\"x\":[{}]}"))
        .extracting(Answer::status)
        .isEqualTo(200);
  }

  @Test
  void everyViolationIsListed() throws Exception {
    Answer answer =
        ask("CreateUpdatedImage", "{\"newImageName\":\"-\",\"ExistingImageName\":\"a\"}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.header("x-amzn-errortype")).isEqualTo("ValidationException");
    assertThat(answer.body())
        .startsWith(
            "{\"__type\":\"ValidationException\",\"message\":\"2 validation errors detected: ")
        .contains("Value null at 'existingImageName' failed")
        .contains("Value '-' at 'newImageName' failed");
  }

  @Test
  void aModelledErrorWritesItsMessageWithACapital() throws Exception {
    assertThat(ask("DescribeImages", "{\"Names\":[\"none\"]}").body())
        .startsWith("{\"__type\":\"ResourceNotFoundException\",\"Message\":\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CreateFleet", "DescribeStacks", "CreateUser", "createupdatedimage", ""})
  void operationsOfTheOtherHalfAreUnknown(String operation) throws Exception {
    Answer answer = ask(operation, "{}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body())
        .startsWith("{\"__type\":\"UnknownOperationException\",\"message\":\"")
        .contains("Regild serves images only");
  }

  @Test
  void aNameOfOtherLettersIsRefusedAndQuotedWhole() throws Exception {
    assertThat(ask("DeleteImage", "{\"Name\":\"%s\"}".formatted(LETTERS)).body())
        .startsWith(
            "{\"__type\":\"ValidationException\",\"message\":\"1 validation error detected: Value '"
                + LETTERS
                + "' at 'name' failed");
  }

  @Test
  void tagsHoldLettersOfEveryPlaneWrittenOrEscaped() throws Exception {
    String escaped = "\\uD840\\uDC00";
    assertThat(
            ask(
                    "TagResource",
                    "{\"ResourceArn\":\"%s\",\"Tags\":{\"%s\":\"%s\"}}"
                        .formatted(golden.arn(), LETTERS, escaped))
                .body())
        .isEqualTo("{}");
    assertThat(
            ask("ListTagsForResource", "{\"ResourceArn\":\"%s\"}".formatted(golden.arn())).body())
        .isEqualTo("{\"Tags\":{\"%s\":\"\uD840\uDC00\"}}".formatted(LETTERS));
  }

  @Test
  void whatIsNoTextIsRefused() throws Exception {
    byte[] broken = {'{', '"', 'N', (byte) 0xff, (byte) 0xc0, (byte) 0x80, '"', ':', '1', '}'};
    assertThat(ask(SignedRequest.of(Terms.of(server.key), "DescribeImages", broken, Map.of())))
        .satisfies(isError(400, "SerializationException"));
    assertThat(
            ask(
                "TagResource",
                "{\"ResourceArn\":\"%s\",\"Tags\":{\"a\":\"\\uD800\"}}".formatted(golden.arn())))
        .satisfies(isError(400, "SerializationException"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "{", "{}x"})
  void whatIsNoObjectIsRefused(String body) throws Exception {
    assertThat(ask("DescribeImages", body)).satisfies(isError(400, "SerializationException"));
  }

  @Test
  void deepNestingIsRefused() throws Exception {
    String body = "{\"x\":" + "[".repeat(400_000) + "]".repeat(400_000) + "}";
    assertThat(ask("DescribeImages", body)).satisfies(isError(400, "SerializationException"));
  }

  @Test
  void theContentTypeMayNameItsCharacterSet() throws Exception {
    String type = "application/x-amz-json-1.1; charset=utf-8";
    assertThat(
            ask(SignedRequest.of(
                    Terms.of(server.key),
                    "DescribeImages",
                    "{}".getBytes(UTF_8),
                    Map.of("Content-Type", List.of(type))))
                .status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/x-amz-json-1.0", "text/plain"})
  void anotherContentTypeIsRefused(String type) throws Exception {
    assertThat(
            ask(
                SignedRequest.of(
                    Terms.of(server.key),
                    "DescribeImages",
                    "{}".getBytes(UTF_8),
                    Map.of("Content-Type", List.of(type)))))
        .satisfies(isError(400, "UnknownOperationException"));
  }

  @Test
  void tenMegabytesAreRefusedAndTheClientThatSendsThemAllReadsIt() throws Exception {
    SignedRequest large = SignedRequest.of(server.key, "DescribeImages", " ".repeat(10 << 20));
    try (RawConnection connection = connect()) {
      assertThat(connection.write(large.bytes()).read())
          .satisfies(isError(413, "RequestEntityTooLargeException"));
    }
    try (RawConnection connection = connect()) {
      assertThat(
              connection
                  .write(
                      large.start("HTTP/1.1", "Transfer-Encoding: chunked"), chunks(large.body()))
                  .read())
          .satisfies(isError(413, "RequestEntityTooLargeException"));
    }
  }

  @Test
  void aChunkedBodyIsRead() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{\"MaxResults\":1}");
    try (RawConnection connection = connect()) {
      assertThat(
              connection
                  .write(
                      request.start("HTTP/1.1", "Transfer-Encoding: chunked"),
                      chunks(request.body()))
                  .read()
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void chunksThatCannotBeToldApartAreTheClientsMistake() throws Exception {
    List<String> odd =
        List.of(
            "2;ext=1\r\n{}\r\n0\r\n\r\n",
            "-2\r\n{}\r\n0\r\n\r\n",
            "zz\r\n{}\r\n0\r\n\r\n",
            "\r\n{}\r\n0\r\n\r\n",
            "2\n{}\r\n0\r\n\r\n",
            "fffffffff\r\n{}\r\n0\r\n\r\n",
            "1\r\n{}\r\n0\r\n\r\n",
            "2\r\n{}\r\n0\r\nTrailer: 1\r\n\r\n");
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    SignedRequest upload =
        SignedRequest.of(
            new Terms(server.key, "us-east-1", "appstream", Duration.ZERO, "regild/v1/disks"),
            "",
            "{}".getBytes(UTF_8),
            Map.of());
    // At one time, since the server waits a moment for the rest of each before it ends it.
    List<RawConnection> connections = new ArrayList<>();
    try {
      for (SignedRequest chunked : List.of(request, upload)) {
        for (String chunks : odd) {
          RawConnection connection = connect();
          connections.add(connection);
          Answer answer =
              connection
                  .write(
                      chunked.start("HTTP/1.1", "Transfer-Encoding: chunked"),
                      chunks.getBytes(UTF_8))
                  .read();
          assertThat(answer).as(chunks).satisfies(isError(400, "SerializationException"));
          assertThat(answer.body()).as(chunks).contains("chunks are malformed");
        }
      }
      for (RawConnection connection : connections) {
        assertThat(connection.isEnded()).isTrue();
      }
    } finally {
      for (RawConnection connection : connections) {
        connection.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 9", "Transfer-Encoding: chunked"})
  void aBodyThatEndsTooSoonIsTheClientsMistake(String length) throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    try (RawConnection connection = connect()) {
      connection.write(request.start("HTTP/1.1", length), "4\r\n{".getBytes(UTF_8)).endWriting();
      assertThat(connection.read()).satisfies(isError(400, "SerializationException"));
    }
  }

  @Test
  void aBodyIsFramedInOneWayOnly() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    try (RawConnection connection = connect()) {
      Answer answer =
          connection
              .write(
                  request.with("Content-Length: 2").start("HTTP/1.1", "Transfer-Encoding: chunked"),
                  chunks(request.body()))
              .read();
      assertThat(answer).satisfies(isError(400, "SerializationException"));
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void aConnectionIsKeptAndPipelinedRequestsAreAnsweredInOrder() throws Exception {
    byte[] good = SignedRequest.of(server.key, "DescribeImages", "{}").bytes();
    byte[] bad = SignedRequest.of(server.key, "DescribeImages", "{\"Names\":[\"none\"]}").bytes();
    try (RawConnection connection = connect()) {
      assertThat(connection.write(good).read().status()).isEqualTo(200);
      connection.write(bad, good, bad);
      assertThat(connection.read().status()).isEqualTo(400);
      assertThat(connection.read().status()).isEqualTo(200);
      assertThat(connection.read().status()).isEqualTo(400);
    }
  }

  @Test
  void aClientThatAsksFirstIsToldToGoOn() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    try (RawConnection connection = connect()) {
      connection.write(request.with("Expect: 100-continue").start("HTTP/1.1", "Content-Length: 2"));
      assertThat(connection.read().status()).isEqualTo(100);
      assertThat(connection.write(request.body()).read().status()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatAsksFirstIsRefusedTooMuchBeforeItSendsIt() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    try (RawConnection connection = connect()) {
      connection.write(
          request.with("Expect: 100-continue").start("HTTP/1.1", "Content-Length: 10485760"));
      Answer answer = connection.read();
      assertThat(answer).satisfies(isError(413, "RequestEntityTooLargeException"));
      assertThat(answer.header("connection")).isEqualToIgnoringCase("close");
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void aRequestOfHttp10IsAnsweredAndItsConnectionEnded() throws Exception {
    SignedRequest request =
        SignedRequest.of(server.key, "DescribeImages", "{}").with("Connection: keep-alive");
    byte[] start = request.start("HTTP/1.0", "Content-Length: 2");
    try (RawConnection connection = connect()) {
      Answer answer =
          connection
              .write(Arrays.copyOf(start, 12))
              .write(Arrays.copyOfRange(start, 12, start.length), request.body())
              .read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("connection")).isEqualToIgnoringCase("close");
      assertThat(answer.header("transfer-encoding")).isEmpty();
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void aHealthCheckOfHttp10NeedsNoHost() throws Exception {
    try (RawConnection connection = connect()) {
      Answer answer = connection.write("GET /health/live HTTP/1.0\r\n\r\n".getBytes(UTF_8)).read();
      assertThat(answer.body()).isEqualTo("{\"status\":\"UP\"}");
      assertThat(connection.isEnded()).isTrue();
    }
    try (RawConnection connection = connect()) {
      assertThat(
              connection.write("GET /health/live HTTP/1.1\r\n\r\n".getBytes(UTF_8)).read().status())
          .isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/0.9", "HTTP/2.0", "HTTP/1.1 ", "http/1.1", "nonsense"})
  void anyOtherVersionIsRefusedAndTheConnectionEnded(String version) throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    try (RawConnection connection = connect()) {
      Answer answer =
          connection.write(request.start(version, "Content-Length: 2"), request.body()).read();
      assertThat(answer).satisfies(isError(400, "SerializationException"));
      assertThat(answer.body()).contains("HTTP/1.0 or HTTP/1.1");
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void theOrderOfHeadersAndSpacesInThemDoNotCount() throws Exception {
    SignedRequest request =
        SignedRequest.of(
            Terms.of(server.key),
            "DescribeImages",
            "{}".getBytes(UTF_8),
            Map.of("X-Amz-Meta-Folded", List.of("a b c")));
    List<String> turned = new ArrayList<>(request.head());
    Collections.reverse(turned);
    turned.replaceAll(line -> line.replace("Folded: a b c", "Folded:   a  b   c  "));
    assertThat(ask(new SignedRequest("", turned, request.body())).status()).isEqualTo(200);
  }

  @Test
  void duplicateHeadersAndQueriesAreSigned() throws Exception {
    SignedRequest request =
        SignedRequest.of(
            new Terms(server.key, "us-east-1", "appstream", Duration.ZERO, "?b=2&a=%C3%A9&b=1"),
            "DescribeImages",
            "{}".getBytes(UTF_8),
            Map.of("X-Amz-Meta-Twice", List.of("z", "a")));
    assertThat(ask(request).status()).isEqualTo(200);
    assertThat(ask(new SignedRequest("?b=2", request.head(), request.body())))
        .satisfies(isError(403, "InvalidSignatureException"));
  }

  @ParameterizedTest
  @CsvSource({
    "us-east-1, appstream, 4, 200",
    "us-east-1, appstream, -4, 200",
    "us-east-1, appstream, 6, 403",
    "us-east-1, appstream, -6, 403",
    "us-east-1, ec2, 0, 403",
    "nowhere, appstream, 0, 403"
  })
  void clocksRegionsAndServicesAreChecked(String region, String service, int minutes, int status)
      throws Exception {
    Answer answer =
        ask(
            SignedRequest.of(
                new Terms(server.key, region, service, Duration.ofMinutes(minutes), ""),
                "DescribeImages",
                "{}".getBytes(UTF_8),
                Map.of()));
    assertThat(answer.status()).isEqualTo(status);
    if (status != 200) {
      assertThat(answer.header("x-amzn-errortype")).isEqualTo("InvalidSignatureException");
    }
  }

  @Test
  void aTamperedBodyIsRefused() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    assertThat(ask(new SignedRequest("", request.head(), "[]".getBytes(UTF_8))))
        .satisfies(isError(403, "InvalidSignatureException"));
  }

  @Test
  void anUnsignedPayloadIsRefusedWhereThePayloadIsRead() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    List<String> head = new ArrayList<>(request.head());
    head.replaceAll(
        line -> line.replaceFirst("(?i)^(x-amz-content-sha256): .*", "$1: UNSIGNED-PAYLOAD"));
    assertThat(head).isNotEqualTo(request.head());
    Answer answer = ask(new SignedRequest("", head, request.body()));
    assertThat(answer).satisfies(isError(403, "InvalidSignatureException"));
    assertThat(answer.body()).contains("SHA-256 is not the one in the header x-amz-content-sha256");
  }

  @Test
  void sessionTokensAndPresignedQueriesAreRefusedClearly() throws Exception {
    SignedRequest request = SignedRequest.of(server.key, "DescribeImages", "{}");
    assertThat(ask(request.with("X-Amz-Security-Token: t")).body())
        .contains("Session tokens are not served");
    assertThat(ask(new SignedRequest("?X-Amz-Signature=0", request.head(), request.body())).body())
        .contains("Presigned requests are not served");
  }

  @Test
  void ofManyCallsAtOnceEachNameIsMadeOnce() throws Exception {
    server.golden("us-east-1", "base");
    List<Callable<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String body =
          "{\"existingImageName\":\"base\",\"newImageName\":\"new-%d\"}".formatted(i % 20);
      calls.add(() -> ask("CreateUpdatedImage", body).status());
    }
    int made = 0;
    try (var threads = Executors.newFixedThreadPool(32)) {
      for (Future<Integer> call : threads.invokeAll(calls)) {
        made += call.get() == 200 ? 1 : 0;
      }
    }
    assertThat(made).isEqualTo(20);
    assertThat(
            ask(
                "CreateUpdatedImage",
                "{\"existingImageName\":\"base\",\"newImageName\":\"new-7\"}"))
        .satisfies(isError(400, "ResourceAlreadyExistsException"));
  }

  private static Consumer<Answer> isError(int status, String type) {
    return answer -> {
      assertThat(answer.status()).as(answer.body()).isEqualTo(status);
      assertThat(answer.header("x-amzn-errortype")).isEqualTo(type);
      assertThat(answer.header("x-amzn-requestid")).isNotEmpty();
      assertThat(answer.body()).startsWith("{\"__type\":\"" + type + "\"");
    };
  }

  private static byte[] chunks(byte[] body) {
    String text = new String(body, UTF_8);
    int half = text.length() / 2;
    return "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
        .formatted(half, text.substring(0, half), text.length() - half, text.substring(half))
        .getBytes(UTF_8);
  }

  private static Answer ask(String operation, String body) throws IOException {
    return ask(SignedRequest.of(server.key, operation, body));
  }

  private static Answer ask(SignedRequest request) throws IOException {
    try (RawConnection connection = connect()) {
      return connection.write(request.bytes()).read();
    }
  }

  private static RawConnection connect() throws IOException {
    return new RawConnection(server.uri("").getPort());
  }
}
