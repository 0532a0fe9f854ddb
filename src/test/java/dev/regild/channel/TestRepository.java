package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.apt.AptSource;
import dev.regild.files.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A repository on the disk, behind an HTTP server that writes down what it answered. */
public final class TestRepository implements AutoCloseable {
  /** Answers in place of the server, once or always. */
  public interface Intercept {
    /** Returns whether it answered. */
    boolean answer(HttpExchange exchange) throws IOException;
  }

  public final Path root;
  final List<String> answers = new CopyOnWriteArrayList<>();
  public final Map<String, Intercept> overrides = new ConcurrentHashMap<>();
  private final HttpServer server;

  public TestRepository(Path root) throws IOException {
    this.root = root;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Deb(String name, String version, String architecture, byte[] content) {
    public Deb(String name, String version) {
      this(name, version, "amd64", (name + version).getBytes(UTF_8));
    }

    String path() {
      return "pool/main/"
          + name
          + "/"
          + name
          + "_"
          + version.replaceFirst("^\\d+:", "")
          + "_"
          + architecture
          + ".deb";
    }
  }

  public String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** Writes a suite with a correct Release text, which is returned, not yet signed. */
  public String suite(String suite, Map<String, String> fields, List<Deb> debs) throws IOException {
    StringBuilder packages = new StringBuilder();
    for (Deb deb : debs) {
      Path file = root.resolve(deb.path());
      Files.createDirectories(file.getParent());
      Files.write(file, deb.content());
      packages
          .append("Package: " + deb.name() + "\nVersion: " + deb.version())
          .append(
              "\nArchitecture: "
                  + deb.architecture()
                  + "\nInstalled-Size: 1\nMaintainer: A <a@example.org>")
          .append("\nDescription: test\n longer text\nFilename: " + deb.path())
          .append("\nSize: " + deb.content().length + "\nSHA256: " + Sha256.of(deb.content()))
          .append("\n\n");
    }
    return suite(suite, fields, packages.toString().getBytes(UTF_8));
  }

  public String suite(String suite, Map<String, String> fields, byte[] packages)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("main/binary-amd64/Packages", packages);
    files.put("main/binary-amd64/Packages.gz", gzip(packages));
    files.put("main/binary-amd64/Packages.xz", xz(packages));
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Origin", "Test");
    all.put("Suite", suite);
    all.put("Codename", suite);
    all.put("Date", "Thu, 01 Jan 2026 01:00:00 UTC");
    all.put("Architectures", "amd64");
    all.put("Components", "main");
    all.putAll(fields);
    StringBuilder release = new StringBuilder();
    all.forEach((key, value) -> release.append(key + ": " + value + "\n"));
    release.append("SHA256:\n");
    Path directory = root.resolve("dists").resolve(suite);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      Path byHash = path.resolveSibling("by-hash/SHA256/" + Sha256.of(file.getValue()));
      Files.createDirectories(byHash.getParent());
      Files.write(path, file.getValue());
      Files.write(byHash, file.getValue());
      release.append(
          " "
              + Sha256.of(file.getValue())
              + " "
              + file.getValue().length
              + " "
              + file.getKey()
              + "\n");
    }
    return release.toString();
  }

  /** Writes the suite {@code stable} and signs it. */
  public void publish(TestKey key, Map<String, String> fields, List<Deb> debs) throws Exception {
    inRelease("stable", key.clearSigned(suite("stable", fields, debs)));
  }

  /** Writes the suite {@code stable} with these paragraphs and signs it. */
  public void publish(TestKey key, Map<String, String> fields, byte[] packages) throws Exception {
    inRelease("stable", key.clearSigned(suite("stable", fields, packages)));
  }

  /** Returns the paragraph of a package whose file nobody fetches. */
  public static String madeUp(String name, String version, String sha256) {
    return """
    Package: %1$s
    Version: %2$s
    Architecture: amd64
    Description: made up
    Filename: pool/%1$s_%2$s_amd64.deb
    Size: 1000
    SHA256: %3$s

    """
        .formatted(name, version, sha256);
  }

  /** Returns the source of a channel that takes {@code stable} from here. */
  public AptSource source(TestKey key) throws IOException {
    return new AptSource(
        List.of(uri()), List.of("stable"), List.of("main"), List.of("amd64"), key.armored());
  }

  public void inRelease(String suite, String content) throws IOException {
    Files.writeString(root.resolve("dists").resolve(suite).resolve("InRelease"), content);
  }

  public List<String> takeAnswers() {
    List<String> taken = new ArrayList<>(answers);
    answers.clear();
    taken.sort(null);
    return taken;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Intercept override = overrides.get(path);
      if (override != null && override.answer(exchange)) {
        return;
      }
      if (path.startsWith("/moved/")) {
        exchange.getResponseHeaders().set("Location", path.substring("/moved".length()));
        send(exchange, 302, new byte[0]);
        return;
      }
      Path file = root.resolve(path.substring(1)).normalize();
      if (!Files.isRegularFile(file)) {
        send(exchange, 404, new byte[0]);
        return;
      }
      byte[] content = Files.readAllBytes(file);
      String etag = "\"" + Sha256.of(content).substring(0, 16) + "\"";
      exchange.getResponseHeaders().set("ETag", etag);
      boolean same = etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
      send(exchange, same ? 304 : 200, same ? new byte[0] : content);
    }
  }

  public void send(HttpExchange exchange, int status, byte[] content) throws IOException {
    answers.add(status + " " + exchange.getRequestURI().getPath());
    exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
    if (content.length > 0) {
      exchange.getResponseBody().write(content);
    }
  }

  public static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  public static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(bytes, new LZMA2Options(0))) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
