package dev.regild.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** As much of S3 as small objects need, for unit tests; {@link S3Proxy} is a real one. */
public final class MemoryS3 implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  /** By key, which begins with the store's prefix. */
  public final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();

  private final Map<String, String> hashes = new ConcurrentSkipListMap<>();
  private final AtomicInteger parts = new AtomicInteger();
  private final AtomicReference<String> uploading = new AtomicReference<>("");
  private final HttpServer server;

  /** Whether every PUT is refused, with nothing written. */
  public volatile boolean refusing;

  /** Whether multipart uploads are gone when they are to be completed. */
  volatile boolean losing;

  /** What a conditional write is refused with. */
  volatile int taken = 412;

  /** Whether it forgets the metadata of objects. */
  public volatile boolean forgetting;

  public MemoryS3() throws IOException {
    System.setProperty("aws.accessKeyId", "regild-tests");
    System.setProperty("aws.secretAccessKey", "not-a-secret-of-anybody");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/images", this::answer);
    server.start();
  }

  /** A store whose keys begin with {@code regild/}. */
  public ObjectStore store() {
    return store(ObjectStore.MULTIPART_FROM);
  }

  /** The same, which sends larger files in parts. */
  ObjectStore store(long multipartFrom) {
    return new ObjectStore(
        new StoreSettings(
            new StoreLocation("images", "regild"),
            Optional.of(endpoint()),
            "us-east-1",
            true,
            Optional.empty(),
            StoreSettings.Upkeep.DEFAULT,
            StoreLimits.DEFAULT),
        multipartFrom);
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String key = exchange.getRequestURI().getPath().replaceFirst("^/images/?", "");
    String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
    byte[] object = objects.get(key);
    switch (exchange.getRequestMethod()) {
      case "POST" -> post(exchange, key, query);
      case "PUT" -> {
        if (query.contains("partNumber=")) {
          exchange.getResponseHeaders().set("ETag", "part");
          parts.addAndGet(body.length);
          send(exchange, 200, "");
        } else {
          put(exchange, key, body);
        }
      }
      case "DELETE" -> {
        if (query.contains("uploadId=")) {
          send(exchange, 404, error("NoSuchUpload"));
        } else {
          objects.remove(key);
          send(exchange, 204, "");
        }
      }
      default -> {
        if (query.contains("list-type=2")) {
          send(exchange, 200, list(prefix(query)));
        } else if (query.contains("uploads")) {
          send(exchange, 200, "<ListMultipartUploadsResult/>");
        } else if (object == null) {
          send(exchange, 404, error("NoSuchKey"));
        } else {
          get(exchange, key, object);
        }
      }
    }
  }

  /** Of one upload at a time, whose parts are of zeros. */
  private void post(HttpExchange exchange, String key, String query) throws IOException {
    if (query.startsWith("uploads")) {
      parts.set(0);
      uploading.set(exchange.getRequestHeaders().getFirst("x-amz-meta-sha256"));
      send(
          exchange,
          200,
          "<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>");
    } else if (losing || uploading.get().isEmpty()) {
      send(exchange, 404, error("NoSuchUpload"));
    } else {
      objects.put(key, new byte[parts.get()]);
      hashes.put(key, uploading.getAndSet(""));
      // Without an answer.
      exchange.close();
    }
  }

  private void put(HttpExchange exchange, String key, byte[] body) throws IOException {
    if (refusing) {
      send(exchange, 403, error("AccessDenied"));
    } else if (exchange.getRequestHeaders().containsKey("If-None-Match")
        && objects.containsKey(key)) {
      send(exchange, taken, taken == 412 ? error("PreconditionFailed") : "");
    } else {
      objects.put(key, body);
      hashes.put(key, forgetting ? "" : exchange.getRequestHeaders().getFirst("x-amz-meta-sha256"));
      send(exchange, 200, "");
    }
  }

  private void get(HttpExchange exchange, String key, byte[] object) throws IOException {
    exchange.getResponseHeaders().set("x-amz-meta-sha256", hashes.getOrDefault(key, ""));
    exchange.getResponseHeaders().set("Last-Modified", "Mon, 30 Nov 2026 10:00:00 GMT");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(object.length));
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
      return;
    }
    Matcher range =
        RANGE.matcher(
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")).orElse(""));
    if (!range.matches()) {
      send(exchange, 200, object);
      return;
    }
    int first = Integer.parseInt(range.group(1));
    int last = Math.min(Integer.parseInt(range.group(2)), object.length - 1);
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes %d-%d/%d".formatted(first, last, object.length));
    send(exchange, 206, Arrays.copyOfRange(object, first, last + 1));
  }

  private static String prefix(String query) {
    for (String parameter : query.split("&", -1)) {
      if (parameter.startsWith("prefix=")) {
        return parameter.substring("prefix=".length());
      }
    }
    return "";
  }

  private String list(String prefix) {
    StringBuilder list = new StringBuilder("<ListBucketResult>");
    objects.forEach((key, object) -> {
      if (key.startsWith(prefix)) {
        list.append(
            "<Contents><Key>%s</Key><Size>%d</Size></Contents>".formatted(key, object.length));
      }
    });
    return list.append("</ListBucketResult>").toString();
  }

  private static String error(String code) {
    return "<Error><Code>%s</Code></Error>".formatted(code);
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    send(exchange, status, body.getBytes(UTF_8));
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    boolean empty = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, empty ? -1 : body.length);
    if (!empty) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
