package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UploadedDisk;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /regild/v1/disks} over HTTP: whose a disk is, and how it is downloaded. */
class DisksIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String DISKS = "/regild/v1/disks";

  @TempDir static Path directory;

  private static ServerFixture server;
  private static AccessKey stranger;
  private static byte[] content;

  @BeforeAll
  static void start() throws Exception {
    server = new ServerFixture(directory);
    stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    Path file = directory.resolve("small.qcow2");
    new QemuImg().create(file, DiskFormat.QCOW2, 1 << 20);
    content = Files.readAllBytes(file);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aDiskIsListedSentAndDeletedForItsOwnerAlone() throws Exception {
    String id = newDisk();
    String path = DISKS + "/" + id;
    assertThat(list(server.key)).contains(id);
    assertThat(list(stranger)).doesNotContain(id);
    assertThat(send(stranger, "GET", path).statusCode()).isEqualTo(404);
    assertThat(send(stranger, "DELETE", path).statusCode()).isEqualTo(404);
    assertThat(send(server.readOnlyKey, "GET", path).body()).isEqualTo(content);
    assertThat(send(server.readOnlyKey, "DELETE", path).statusCode()).isEqualTo(403);

    HttpResponse<byte[]> whole = send(server.key, "GET", path);
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.body()).isEqualTo(content);
    assertThat(whole.headers().firstValue("accept-ranges")).contains("bytes");
    assertThat(whole.headers().firstValue("content-disposition").orElseThrow())
        .contains(id + ".qcow2");
    HttpResponse<byte[]> head = send(server.key, "HEAD", path);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("content-length"))
        .isEqualTo(OptionalLong.of(content.length));
    assertThat(head.headers().firstValue("etag")).isEqualTo(whole.headers().firstValue("etag"));

    assertThat(send(server.key, "DELETE", path).statusCode()).isEqualTo(204);
    assertThat(send(server.key, "GET", path).statusCode()).isEqualTo(404);
    assertThat(list(server.key)).doesNotContain(id);
  }

  @Test
  void aDownloadGoesOnWhereItBrokeOff() throws Exception {
    String path = DISKS + "/" + newDisk();
    String tag = send(server.key, "HEAD", path).headers().firstValue("etag").orElseThrow();
    HttpResponse<byte[]> rest =
        send(server.key, "GET", path, "Range", "bytes=1000-", "If-Range", tag);
    assertThat(rest.statusCode()).isEqualTo(206);
    assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(content, 1000, content.length));
    assertThat(rest.headers().firstValue("content-range"))
        .contains("bytes 1000-%d/%d".formatted(content.length - 1, content.length));
    assertThat(send(server.key, "GET", path, "Range", "bytes=-4").body())
        .isEqualTo(Arrays.copyOfRange(content, content.length - 4, content.length));

    HttpResponse<byte[]> changed =
        send(server.key, "GET", path, "Range", "bytes=1000-", "If-Range", "\"other\"");
    assertThat(changed.statusCode()).isEqualTo(200);
    assertThat(changed.body()).isEqualTo(content);
  }

  @Test
  void aRangeBehindTheEndIs416() throws Exception {
    String path = DISKS + "/" + newDisk();
    HttpResponse<byte[]> refused =
        send(server.key, "GET", path, "Range", "bytes=%d-".formatted(content.length));
    assertThat(refused.statusCode()).isEqualTo(416);
    assertThat(refused.headers().firstValue("content-range")).contains("bytes */" + content.length);
    assertThat(new String(refused.body(), UTF_8)).contains("InvalidRangeException");
  }

  private static String newDisk() throws Exception {
    UploadedDisk disk =
        server.disks.receive(
            server.account.id(),
            Files.newInputStream(directory.resolve("small.qcow2")),
            OptionalLong.of(content.length));
    return disk.id();
  }

  private static Iterable<String> list(AccessKey key) throws Exception {
    JsonNode answer = JsonMapper.shared().readTree(send(key, "GET", DISKS).body());
    return answer.path("disks").valueStream().map(d -> d.path("diskId").asString()).toList();
  }

  private static HttpResponse<byte[]> send(
      AccessKey key, String method, String path, String... headers) throws Exception {
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
                    .payload(ContentStreamProvider.fromUtf8String(""))
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "appstream"))
            .request();
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    signed.headers().entrySet().stream()
        .filter(header -> !header.getKey().equalsIgnoreCase("host"))
        .forEach(header -> request.header(header.getKey(), header.getValue().getFirst()));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(
        request.method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofByteArray());
  }
}
