package dev.regild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.regild.files.Sha256;
import dev.regild.store.StoreSettings.Encryption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store gets to see, which not every store tells. */
class StoreClientTest {
  @TempDir Path directory;

  @Test
  void overPlainHttpTheSignatureCoversTheBodyAndNothingIsThereThatOthersThanAwsRefuse()
      throws Exception {
    System.setProperty("aws.accessKeyId", "regild-tests");
    System.setProperty("aws.secretAccessKey", "not-a-secret-of-anybody");
    byte[] content = "a layer".getBytes(UTF_8);
    Path file = Files.write(directory.resolve("layer"), content);
    List<Headers> requests = new CopyOnWriteArrayList<>();
    List<byte[]> bodies = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(exchange.getRequestHeaders());
          bodies.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    StoreSettings settings =
        new StoreSettings(
            new StoreLocation("images", "regild"),
            Optional.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
            "us-east-1",
            true,
            Optional.of(new Encryption("aws:kms", Optional.of("key-1"))),
            StoreSettings.Upkeep.DEFAULT,
            StoreLimits.DEFAULT);
    try (ObjectStore store = new ObjectStore(settings)) {
      store.write("layers/a/1.qcow2", file, Sha256.of(content));
    } finally {
      server.stop(0);
    }
    assertThat(bodies).containsExactly(content);
    Headers headers = requests.getFirst();
    assertThat(headers.getFirst("x-amz-content-sha256")).isEqualTo(Sha256.of(content));
    assertThat(headers.getFirst("If-None-Match")).isEqualTo("*");
    assertThat(headers.getFirst("x-amz-meta-sha256")).isEqualTo(Sha256.of(content));
    assertThat(headers.getFirst("x-amz-server-side-encryption")).isEqualTo("aws:kms");
    assertThat(headers.getFirst("x-amz-server-side-encryption-aws-kms-key-id")).isEqualTo("key-1");
    assertThat(headers.getFirst("Authorization")).contains("x-amz-content-sha256");
    assertThat(headers.keySet())
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("x-amz-checksum"))
        .noneMatch(name -> name.equalsIgnoreCase("x-amz-sdk-checksum-algorithm"))
        .noneMatch(name -> name.equalsIgnoreCase("x-amz-trailer"))
        .noneMatch(name -> name.equalsIgnoreCase("Content-Encoding"));
  }
}
