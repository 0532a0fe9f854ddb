package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.api.SigV4;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.InstalledKb;
import dev.regild.update.UpdateRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Our own endpoints over HTTP, and what is no sound request. */
@ExtendWith(RunningServer.class)
class OwnEndpointsIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    server.golden("us-east-1", "golden");
  }

  @Test
  void healthAndMetricsNeedNoSignature() throws Exception {
    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"UP\"}");
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).contains("\"database\":\"UP\"").contains("\"room\":\"UP\"");
    signed("POST", "/regild/v1/plan", "{\"image\":\"golden\"}");
    assertThat(get("/metrics").body())
        .contains("regild_requests_seconds_count{operation=\"PlanUpdate\",outcome=\"ok\"}")
        .contains("jvm_memory_used_bytes");
  }

  @Test
  void aPlanIsShownChangeByChange() throws Exception {
    HttpResponse<String> answer = signed("POST", "/regild/v1/plan", "{\"image\":\"golden\"}");
    assertThat(answer.body())
        .isEqualTo(
            "{\"image\":\"golden\",\"upToDate\":false,\"securityOnly\":false,\"changes\":[{\"kind\":\"OS\",\"name\":"
                + "\"openssl\",\"architecture\":\"amd64\",\"from\":\"3.0.11-1\",\"to\":"
                + "\"3.0.17-1~deb12u2\",\"security\":false,\"advisories\":[]}],\"keptBack\":[],\"others\":[],\"warnings\":[]}");
  }

  @Test
  void whatIsNotThereIs404() throws Exception {
    for (String path :
        List.of(
            "/regild/v1/images/none",
            "/regild/v1/updates/none",
            "/regild/v1/images/..%2F..%2Fetc%2Fpasswd/disk",
            "/regild/v1/nothing")) {
      HttpResponse<String> answer = signed("GET", path, "");
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
      assertThat(answer.body())
          .startsWith("{\"__type\":\"ResourceNotFoundException\",\"Message\":");
      assertThat(answer.headers().firstValue("x-amzn-ErrorType"))
          .contains("ResourceNotFoundException");
      assertThat(answer.headers().firstValue("x-amzn-RequestId")).isPresent();
    }
  }

  @Test
  void ourEndpointsAreSignedToo() throws Exception {
    HttpResponse<String> answer = get("/regild/v1/images/golden");
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body())
        .isEqualTo(
            "{\"__type\":\"MissingAuthenticationTokenException\",\"Message\":\"Missing"
                + " Authentication Token\"}");
  }

  @Test
  void anImageIsShownWithItsLineage() throws Exception {
    update("golden-lineage");
    JsonNode image =
        JsonMapper.shared().readTree(signed("GET", "/regild/v1/images/golden-lineage", "").body());
    assertThat(image.at("/lineage/0/name").asString()).isEqualTo("golden-lineage");
    assertThat(image.at("/lineage/0/changes/0/name").asString()).isEqualTo("openssl");
    assertThat(image.at("/lineage/1/name").asString()).isEqualTo("golden");
    assertThat(image.at("/lineage/1/layerBytes").asLong()).isEqualTo(4096);
    JsonNode golden =
        JsonMapper.shared().readTree(signed("GET", "/regild/v1/images/golden", "").body());
    assertThat(golden.at("/qualification/kernel").asString()).isEqualTo("6.1.0-18-amd64");
    assertThat(golden.at("/children").valueStream().map(JsonNode::asString))
        .contains("golden-lineage");
  }

  @Test
  void aWindowsImageShowsItsBuildItsUpdatesAndItsDrivers() throws Exception {
    WindowsFacts facts =
        new WindowsFacts(
            "ServerDatacenter",
            "21H2",
            "20348.2340",
            List.of(
                new InstalledKb(
                    "Package_for_RollupFix~x~amd64~~20348.2340.1.10", "KB5035857", "INSTALLED"),
                new InstalledKb(
                    "Package_for_RollupFix~x~amd64~~20348.2227.1.6", "KB5034129", "SUPERSEDED")),
            List.of(
                new Driver(
                    "netkvm.inf",
                    "Red Hat, Inc.",
                    "Net",
                    "2024-06-21 100.95.104.26200",
                    List.of())),
            List.of(),
            List.of(),
            List.of("RebootPending"));
    Inventory inventory =
        new Inventory(
            new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0.20348.2340"),
            "amd64",
            List.of(),
            Collections.emptySortedMap(),
            Optional.of(facts));
    server.golden("us-east-1", "golden-windows", inventory);
    JsonNode windows =
        JsonMapper.shared()
            .readTree(signed("GET", "/regild/v1/images/golden-windows", "").body())
            .path("windows");
    assertThat(windows)
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    {"edition": "ServerDatacenter", "displayVersion": "21H2", "build": "20348.2340",
                     "updates": ["KB5035857"],
                     "drivers": [{"inf": "netkvm.inf", "version": "2024-06-21 100.95.104.26200",
                                  "provider": "Red Hat, Inc."}],
                     "pendingRestarts": ["RebootPending"]}
                    """));
  }

  @Test
  void anImageIsExportedInAnyFormat() throws Exception {
    HttpResponse<byte[]> raw =
        HTTP.send(
            sign("GET", "/regild/v1/images/golden/disk?format=raw", new byte[0]),
            BodyHandlers.ofByteArray());
    assertThat(raw.statusCode()).isEqualTo(200);
    assertThat(raw.body()).hasSize(1 << 20);
    HttpResponse<byte[]> qcow2 =
        HTTP.send(
            sign("GET", "/regild/v1/images/golden/disk", new byte[0]), BodyHandlers.ofByteArray());
    assertThat(new String(qcow2.body(), 0, 3, UTF_8)).isEqualTo("QFI");
    HttpResponse<byte[]> ova =
        HTTP.send(
            sign("GET", "/regild/v1/images/golden/disk?format=ova", new byte[0]),
            BodyHandlers.ofByteArray());
    assertThat(ova.headers().firstValue("content-disposition"))
        .contains("attachment; filename=\"golden.ova\"");
    assertThat(new String(ova.body(), 0, 10, UTF_8)).isEqualTo("golden.ovf");
    server.requireNoDisksOfExports();
    assertThat(signed("GET", "/regild/v1/images/golden/disk?format=raw&compress=true", "").body())
        .contains("compress is for qcow2 alone, not for raw. Leave it out.");
    assertThat(signed("GET", "/regild/v1/images/golden/disk?compress=yes", "").body())
        .contains("Member must satisfy enum value set: [true, false]");
    assertThat(signed("GET", "/regild/v1/images/golden/disk?format=iso", "").body())
        .contains("Member must satisfy enum value set: [qcow2, raw, vmdk, vhd, vhdx, ova]");
  }

  @Test
  void aDiskThatIsTooLargeForItsFormatIsNotWritten() throws Exception {
    Image large = server.golden("us-east-1", "large");
    server.database.useTransaction(handle ->
        handle
            .createUpdate("UPDATE layer SET virtual_bytes = :bytes WHERE id = :id")
            .bind("bytes", 3L << 40)
            .bind("id", large.disk().orElseThrow().layer())
            .execute());
    assertThat(signed("GET", "/regild/v1/images/large/disk?format=vhd", "").body())
        .contains("The disk of large has 3.0 TiB, and the format vhd holds at most 2.0 TiB.");
  }

  @Test
  void anUploadIsCheckedAgainstItsHashAndLeavesNothingBehindIfItDiffers() throws Exception {
    Path file = server.data.resolve("upload.qcow2");
    QemuImg.create(file, DiskFormat.QCOW2, 1 << 20);
    byte[] disk = Files.readAllBytes(file);
    HttpRequest sound = sign("POST", "/regild/v1/disks", disk);
    HttpResponse<String> answer = HTTP.send(sound, BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(201);
    String id = JsonMapper.shared().readTree(answer.body()).path("diskId").asString();
    assertThat(server.disks.find(server.account.id(), id).orElseThrow().bytes())
        .isEqualTo(disk.length);

    HttpRequest.Builder tampered = HttpRequest.newBuilder(sound.uri());
    sound.headers().map().forEach((name, values) -> tampered.header(name, values.getFirst()));
    disk[disk.length - 1] ^= 1;
    HttpResponse<String> refused =
        HTTP.send(tampered.POST(BodyPublishers.ofByteArray(disk)).build(), BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body())
        .contains("InvalidSignatureException")
        .contains("the upload was discarded");
    assertThat(server.disks.list(server.account.id()))
        .extracting(UploadedDisk::id)
        .containsExactlyInAnyOrder(ServerFixture.DISK, id);

    HttpResponse<String> unfit = signed("POST", "/regild/v1/disks", "x");
    assertThat(unfit.statusCode()).isEqualTo(400);
    assertThat(unfit.body()).contains("IncompatibleImageException").contains("too small");
  }

  @Test
  void anUpdateIsAskedForWithWhatItMayDo() throws Exception {
    AtomicReference<UpdateOptions> asked = new AtomicReference<>();
    server.decideUpdatesBy(request -> {
      asked.set(request.options());
      return server.update(request);
    });
    try {
      Map<String, UpdateOptions> queries =
          Map.of(
              "", UpdateOptions.NONE,
              "?allow-removals=true", new UpdateOptions(true, false),
              "?skip-hooks=true&allow-removals=false", new UpdateOptions(false, true),
              "?allow-removals=true&skip-hooks=true", new UpdateOptions(true, true));
      for (Map.Entry<String, UpdateOptions> query : queries.entrySet()) {
        HttpResponse<String> answer = ask(query.getKey(), "any", true);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode said = JsonMapper.shared().readTree(answer.body());
        assertThat(said.path("canUpdateImage").asBoolean(false)).isTrue();
        assertThat(said.at("/image/Name").asString()).isEqualTo("golden");
        assertThat(asked.get()).as(query.getKey()).isEqualTo(query.getValue());
      }

      HttpResponse<String> made = ask("?allow-removals=true", "golden-allowed", false);
      assertThat(JsonMapper.shared().readTree(made.body()).at("/image/Name").asString())
          .isEqualTo("golden-allowed");
      assertThat(ask("?allow-removals=true", "golden-allowed", false).body())
          .as("the errors are those of the API's own call")
          .contains("ResourceAlreadyExistsException");
    } finally {
      server.decideUpdatesBy(server::update);
    }
  }

  @Test
  void anUpdateIsNotAskedForInOtherWords() throws Exception {
    HttpResponse<String> wrong = ask("?skip-hooks=yes", "golden-wrong", false);
    assertThat(wrong.statusCode()).isEqualTo(400);
    assertThat(wrong.body()).contains("The query parameter skip-hooks is 'yes'");
    HttpResponse<String> empty = signed("POST", "/regild/v1/updates?allow-removals=true", "{}");
    assertThat(empty.statusCode()).isEqualTo(400);
    assertThat(empty.body()).contains("existingImageName");
    String body = "{\"existingImageName\":\"golden\",\"newImageName\":\"golden-read\"}";
    HttpRequest reading =
        sign(
            server.readOnlyKey, "POST", "/regild/v1/updates?skip-hooks=true", body.getBytes(UTF_8));
    HttpResponse<String> refused = HTTP.send(reading, BodyHandlers.ofString());
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
  }

  private static HttpResponse<String> ask(String query, String name, boolean dryRun)
      throws Exception {
    return signed(
        "POST",
        "/regild/v1/updates" + query,
        "{\"existingImageName\":\"golden\",\"newImageName\":\"%s\",\"dryRun\":%s}"
            .formatted(name, dryRun));
  }

  @Test
  void anUpdateIsShownAndItsEventsEndWithIt() throws Exception {
    Image image = update("golden-events");
    JsonNode shown =
        JsonMapper.shared().readTree(signed("GET", "/regild/v1/updates/golden-events", "").body());
    assertThat(shown.path("status").asString()).isEqualTo("RUNNING");
    assertThat(shown.path("existingImage").asString()).isEqualTo("golden");

    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri("/regild/v1/updates/golden-events"));
    sign("GET", "/regild/v1/updates/golden-events", new byte[0])
        .headers()
        .map()
        .forEach((name, values) -> request.header(name, values.getFirst()));
    HttpResponse<Stream<String>> events =
        HTTP.send(request.header("Accept", "text/event-stream").build(), BodyHandlers.ofLines());
    assertThat(events.headers().firstValue("content-type")).contains("text/event-stream");
    Iterator<String> data = events.body().filter(line -> line.startsWith("data: ")).iterator();
    assertThat(data.next()).contains("\"steps\":[]");
    int attempt = server.database.inTransaction(h -> server.updates.beginAttempt(h, image.id()));
    server.database.useTransaction(h -> server.steps.begin(h, image.id(), attempt, 1, "Prepare"));
    awaitLine(data, "\"name\":\"Prepare\"");
    server.fail(image);
    awaitLine(data, "\"status\":\"FAILED\"");
    assertThat(data.hasNext()).as("the stream ends with the update").isFalse();
  }

  @Test
  void whatIsNoSoundRequestIsAnsweredAsOne() throws Exception {
    HttpResponse<String> large =
        HTTP.send(sign("POST", "/", new byte[(1 << 20) + 1]), BodyHandlers.ofString());
    assertThat(large.statusCode()).isEqualTo(413);
    assertThat(large.body()).contains("RequestEntityTooLargeException");
    HttpResponse<String> untyped = signed("POST", "/", "{}");
    assertThat(untyped.statusCode()).isEqualTo(400);
    assertThat(untyped.body())
        .isEqualTo(
            "{\"__type\":\"UnknownOperationException\",\"message\":\"The header X-Amz-Target,"
                + " which names the operation, is missing.\"}");
    assertThat(untyped.headers().firstValue("content-type")).contains("application/x-amz-json-1.1");
  }

  private static void awaitLine(Iterator<String> lines, String text) {
    List<String> seen = new ArrayList<>();
    while (seen.isEmpty() || !seen.getLast().contains(text)) {
      assertThat(lines.hasNext()).as("%s in %s", text, seen).isTrue();
      seen.add(lines.next());
    }
  }

  private static Image update(String name) {
    return server.database.read(handle -> {
      server.update(
          new UpdateRequest(
              server.owner("us-east-1"),
              "golden",
              name,
              Optional.empty(),
              Optional.empty(),
              Map.of(),
              false,
              UpdateOptions.NONE,
              ""));
      return Images.require(handle, server.owner("us-east-1"), name);
    });
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HTTP.send(HttpRequest.newBuilder(server.uri(path)).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> signed(String method, String path, String body)
      throws Exception {
    return HTTP.send(sign(method, path, body.getBytes(UTF_8)), BodyHandlers.ofString());
  }

  private static HttpRequest sign(String method, String path, byte[] body) {
    return sign(server.key, method, path, body);
  }

  private static HttpRequest sign(AccessKey key, String method, String path, byte[] body) {
    URI uri = server.uri(path);
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(AwsCredentialsIdentity.create(key.id(), key.secret()))
                    .request(
                        SdkHttpRequest.builder()
                            .method(SdkHttpMethod.fromValue(method))
                            .uri(uri)
                            .build())
                    .payload(ContentStreamProvider.fromByteArray(body))
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SigV4.SERVICE))
            .request();
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    signed
        .headers()
        .forEach((name, values) -> {
          if (!name.equalsIgnoreCase("host")) {
            request.header(name, values.getFirst());
          }
        });
    return request
        .method(
            method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
        .build();
  }
}
