package dev.regild.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.files.LockFile;
import dev.regild.machine.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real S3 server in a process of its own, which keeps objects as files: {@code <bucket>/<key>}.
 * Its credentials are those that the SDK's chain finds in this process. Where {@link #OTHER} names
 * another server, tests that look at no files run on that.
 */
public final class S3Proxy implements AutoCloseable {
  public static final String BUCKET = "images";

  /** A variable of the environment: the address of another S3 server that has the bucket. */
  private static final String OTHER = "REGILD_TEST_STORE_ENDPOINT";

  private static final String IDENTITY = "regild-tests";
  private static final String CREDENTIAL = "not-a-secret-of-anybody";
  private static final Path SOURCES = Path.of("src/test/s3proxy");

  private final Path directory;
  private final int port;
  private final @Nullable Process process;

  private S3Proxy(Path directory, int port, @Nullable Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  /** Starts one that keeps its objects below the directory, and waits until it answers. */
  public static S3Proxy start(Path directory) throws Exception {
    System.setProperty("aws.accessKeyId", IDENTITY);
    System.setProperty("aws.secretAccessKey", CREDENTIAL);
    String other = System.getenv(OTHER);
    if (other != null) {
      return new S3Proxy(directory, URI.create(other).getPort(), null);
    }
    Files.createDirectories(directory.resolve("objects").resolve(BUCKET));
    int port = freePort();
    Files.writeString(
        directory.resolve("s3proxy.conf"),
        """
        s3proxy.authorization=aws-v4
        s3proxy.identity=%s
        s3proxy.credential=%s
        s3proxy.endpoint=http://127.0.0.1:%d
        jclouds.provider=filesystem-nio2
        jclouds.filesystem.basedir=%s
        """
            .formatted(IDENTITY, CREDENTIAL, port, directory.resolve("objects").toAbsolutePath()));
    Process process = launch(directory);
    S3Proxy proxy = new S3Proxy(directory, port, process);
    proxy.awaitListening(process);
    return proxy;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Process launch(Path directory) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Dlogback.configurationFile=" + SOURCES.resolve("logback.xml").toAbsolutePath(),
            "-cp",
            classPath(),
            "org.gaul.s3proxy.Main",
            "--properties",
            directory.resolve("s3proxy.conf").toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("s3proxy.log").toFile())
        .start();
  }

  /** Resolved by Maven, once for each version of the pom. */
  private static String classPath() throws Exception {
    Path resolved = Files.createDirectories(Path.of("target/s3proxy").toAbsolutePath());
    Path pom = resolved.resolve("pom.xml");
    Path list = resolved.resolve("classpath.txt");
    try (LockFile _ = LockFile.acquire(resolved.resolve("lock"))) {
      boolean same =
          Files.exists(list)
              && Files.exists(pom)
              && Files.mismatch(pom, SOURCES.resolve("pom.xml")) == -1;
      if (!same) {
        Files.deleteIfExists(list);
        Files.write(pom, Files.readAllBytes(SOURCES.resolve("pom.xml")));
        var _ =
            new Program(
                    List.of(
                        "mvn",
                        "-B",
                        "-q",
                        "-f",
                        pom.toString(),
                        "dependency:build-classpath",
                        "-Dmdep.outputFile=" + list),
                    Duration.ofMinutes(5),
                    // The user's environment says where packages come from.
                    System.getenv())
                .run();
      }
      return Files.readString(list).strip();
    }
  }

  private void awaitListening(Process process) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          throw new IOException(Files.readString(directory.resolve("s3proxy.log")), e);
        }
        Thread.sleep(50);
      }
    }
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public int port() {
    return port;
  }

  /** The variables by which another process has its credentials. */
  public static Map<String, String> credentials() {
    return Map.of("AWS_ACCESS_KEY_ID", IDENTITY, "AWS_SECRET_ACCESS_KEY", CREDENTIAL);
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
    requireOurs();
    return directory.resolve("objects").resolve(BUCKET).resolve(key);
  }

  /** All that it keeps below a prefix, by its files, also what it would not list. */
  public List<String> files(String prefix) throws IOException {
    requireOurs();
    Path bucket = directory.resolve("objects").resolve(BUCKET);
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

  private void requireOurs() {
    assumeTrue(process != null, "another S3 server keeps its objects in other files");
  }

  @Override
  public void close() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    try {
      var _ = process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
