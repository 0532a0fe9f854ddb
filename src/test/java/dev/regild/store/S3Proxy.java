package dev.regild.store;

import dev.regild.demo.cluster.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The tests' S3 server. Its credentials are those that the SDK's chain finds in this process. */
public record S3Proxy(S3Server server) implements AutoCloseable {
  public static final String BUCKET = S3Server.BUCKET;

  /** Starts one that keeps its objects below the directory, and waits until it answers. */
  public static S3Proxy start(Path directory) throws Exception {
    System.setProperty("aws.accessKeyId", S3Server.IDENTITY);
    System.setProperty("aws.secretAccessKey", S3Server.CREDENTIAL);
    return new S3Proxy(S3Server.start(directory, Path.of("target/s3proxy")));
  }

  public URI endpoint() {
    return server.endpoint();
  }

  public int port() {
    return server.port();
  }

  /** The variables by which another process has its credentials. */
  public static Map<String, String> credentials() {
    return S3Server.credentials();
  }

  /** A store at an address that leads here. */
  public static ObjectStore store(URI endpoint, String prefix, StoreLimits limits) {
    return new ObjectStore(
        new StoreSettings(
            new StoreLocation(BUCKET, prefix),
            Optional.of(endpoint),
            "us-east-1",
            true,
            Optional.empty(),
            StoreSettings.Upkeep.DEFAULT,
            limits));
  }

  /** Where it keeps an object. */
  public Path file(String key) {
    return server.bucket().resolve(key);
  }

  /** All that it keeps below a prefix, by its files, also what it would not list. */
  public List<String> files(String prefix) throws IOException {
    Path bucket = server.bucket();
    Path below = bucket.resolve(prefix);
    if (!Files.exists(below)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(below)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> bucket.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  /** Starts it again on its port after it was closed. */
  public void startAgain() throws Exception {
    server.startAgain();
  }

  @Override
  public void close() {
    server.close();
  }
}
