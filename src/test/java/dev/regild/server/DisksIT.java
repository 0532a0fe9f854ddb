package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /regild/v1/disks} over HTTP: whose a disk is, and how it is downloaded. */
@ExtendWith(RunningServer.class)
class DisksIT {
  private static final String DISKS = "/regild/v1/disks";

  private static ServerFixture server;
  private static AccessKey stranger;
  private static byte[] content;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    content = Files.readAllBytes(server.disks.path(server.upload(server.account)));
  }

  @Test
  void aDiskIsListedSentAndDeletedForItsOwnerAlone() throws Exception {
    String id = server.upload(server.account).id();
    String path = DISKS + "/" + id;
    assertThat(list(server.key)).contains(id);
    assertThat(list(stranger)).doesNotContain(id);
    assertThat(server.send(stranger, "GET", path).statusCode()).isEqualTo(404);
    assertThat(server.send(stranger, "DELETE", path).statusCode()).isEqualTo(404);
    assertThat(server.send(server.readOnlyKey, "GET", path).body()).isEqualTo(content);
    assertThat(server.send(server.readOnlyKey, "DELETE", path).statusCode()).isEqualTo(403);

    HttpResponse<byte[]> whole = server.send(server.key, "GET", path);
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.body()).isEqualTo(content);
    assertThat(whole.headers().firstValue("accept-ranges")).contains("bytes");
    assertThat(whole.headers().firstValue("content-disposition").orElseThrow())
        .contains(id + ".qcow2");
    HttpResponse<byte[]> head = server.send(server.key, "HEAD", path);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("content-length"))
        .isEqualTo(OptionalLong.of(content.length));
    assertThat(head.headers().firstValue("etag")).isEqualTo(whole.headers().firstValue("etag"));

    assertThat(server.send(server.key, "DELETE", path).statusCode()).isEqualTo(204);
    assertThat(server.send(server.key, "GET", path).statusCode()).isEqualTo(404);
    assertThat(list(server.key)).doesNotContain(id);
  }

  @Test
  void aDiskThatIsBeingImportedIsNotDeleted() throws Exception {
    String id = server.upload(server.account).id();
    String request =
        """
        {"Name": "of-the-disk", "SourceAmiId": "%s", "IamRoleArn": "arn:aws:iam::123456789012:role/import"}
        """
            .formatted(id);
    assertThat(server.ask(server.key, "CreateImportedImage", request).status()).isEqualTo(200);
    HttpResponse<byte[]> refused = server.send(server.key, "DELETE", DISKS + "/" + id);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new String(refused.body(), UTF_8))
        .contains("ResourceInUseException")
        .contains("The disk %s is being imported as the image of-the-disk.".formatted(id));
    assertThat(list(server.key)).contains(id);
  }

  @Test
  void aDownloadGoesOnWhereItBrokeOff() throws Exception {
    String path = DISKS + "/" + server.upload(server.account).id();
    String tag = server.send(server.key, "HEAD", path).headers().firstValue("etag").orElseThrow();
    HttpResponse<byte[]> rest =
        server.send(server.key, "GET", path, "Range", "bytes=1000-", "If-Range", tag);
    assertThat(rest.statusCode()).isEqualTo(206);
    assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(content, 1000, content.length));
    assertThat(rest.headers().firstValue("content-range"))
        .contains("bytes 1000-%d/%d".formatted(content.length - 1, content.length));
    assertThat(server.send(server.key, "GET", path, "Range", "bytes=-4").body())
        .isEqualTo(Arrays.copyOfRange(content, content.length - 4, content.length));

    HttpResponse<byte[]> changed =
        server.send(server.key, "GET", path, "Range", "bytes=1000-", "If-Range", "\"other\"");
    assertThat(changed.statusCode()).isEqualTo(200);
    assertThat(changed.body()).isEqualTo(content);
  }

  @Test
  void aRangeBehindTheEndIs416() throws Exception {
    String path = DISKS + "/" + server.upload(server.account).id();
    HttpResponse<byte[]> refused =
        server.send(server.key, "GET", path, "Range", "bytes=%d-".formatted(content.length));
    assertThat(refused.statusCode()).isEqualTo(416);
    assertThat(refused.headers().firstValue("content-range")).contains("bytes */" + content.length);
    assertThat(new String(refused.body(), UTF_8)).contains("InvalidRangeException");
  }

  @Test
  void anUploadBeyondTheQuotaIsRefusedHoweverItComes() throws Exception {
    Account small = server.accounts.create("small");
    AccessKey key = server.accounts.createKey(small, false);
    limit(small, Quota.DISKS, 1);
    limit(small, Quota.DISK_GIB, 0);
    HttpResponse<byte[]> chunked = server.sendDisk(key, content, true);
    assertThat(chunked.statusCode()).isEqualTo(400);
    assertThat(new String(chunked.body(), UTF_8))
        .contains("LimitExceededException")
        .contains("The quota of disks is 0 GiB");
    limit(small, Quota.DISK_GIB, 1);
    HttpResponse<byte[]> taken = server.sendDisk(key, content, false);
    assertThat(taken.statusCode()).isEqualTo(201);
    HttpResponse<byte[]> second = server.sendDisk(key, content, false);
    assertThat(second.statusCode()).isEqualTo(400);
    assertThat(new String(second.body(), UTF_8))
        .contains("LimitExceededException")
        .contains("The quota of disks is 1, and the account %s has 1.".formatted(small.id()));
    assertThat(list(key)).hasSize(1);
  }

  private static void limit(Account account, Quota quota, int limit) {
    server.database.useTransaction(handle -> AccountQuotas.put(handle, account.id(), quota, limit));
  }

  private static Iterable<String> list(AccessKey key) throws Exception {
    JsonNode answer = JsonMapper.shared().readTree(server.send(key, "GET", DISKS).body());
    return answer.path("disks").valueStream().map(d -> d.path("diskId").asString()).toList();
  }
}
