package dev.regild.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.demo.cluster.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The tests' S3 server. Its credentials are those that the SDK's chain finds in this process. Where
 * {@link #OTHER} names another server, tests that look at no files run on that.
 *
 * @param ours empty if another server is used
 */
public record S3Proxy(Optional<S3Server> ours, URI endpoint) implements AutoCloseable {
  public static final String BUCKET = S3Server.BUCKET;

  /** A variable of the environment: the address of another S3 server that has the bucket. */
  private static final String OTHER = "REGILD_TEST_STORE_ENDPOINT";

  /** Starts one that keeps its objects below the directory, and waits until it answers. */
  public static S3Proxy start(Path directory) throws Exception {
    System.setProperty("aws.accessKeyId", S3Server.IDENTITY);
    System.setProperty("aws.secretAccessKey", S3Server.CREDENTIAL);
    String other = System.getenv(OTHER);
    if (other != null) {
      return new S3Proxy(Optional.empty(), URI.create(other));
    }
    S3Server started = S3Server.start(directory, Path.of("target/s3proxy"));
    return new S3Proxy(Optional.of(started), started.endpoint());
  }

  public int port() {
    return endpoint.getPort();
  }

  private S3Server server() {
    assumeTrue(ours.isPresent(), "another S3 server keeps its objects in other files");
    return ours.orElseThrow();
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
    return server().bucket().resolve(key);
  }

  /** All that it keeps below a prefix, by its files, also what it would not list. */
  public List<String> files(String prefix) throws IOException {
    Path bucket = server().bucket();
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
    server().startAgain();
  }

  @Override
  public void close() {
    ours.ifPresent(S3Server::close);
  }
}
