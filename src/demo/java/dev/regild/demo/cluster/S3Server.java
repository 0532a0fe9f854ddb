package dev.regild.demo.cluster;

import dev.regild.files.LockFile;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.RunningProgram;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * An S3 server (s3proxy of Maven Central) in a process of its own, which keeps objects as files:
 * {@code BUCKET/KEY}. It ends with this process, however that ends; its objects stay.
 */
public final class S3Server implements AutoCloseable {
  public static final String BUCKET = "images";
  public static final String IDENTITY = "regild-tests";
  public static final String CREDENTIAL = "not-a-secret-of-anybody";
  private static final Duration START = Duration.ofSeconds(60);

  private final Path directory;
  private final String classPath;
  private final int port;
  private RunningProgram running;

  private S3Server(Path directory, String classPath, int port) throws ProgramException {
    this.directory = directory;
    this.classPath = classPath;
    this.port = port;
    this.running = launch();
  }

  /**
   * Starts one, and waits until it answers.
   *
   * @param directory below which it keeps its objects and its log
   * @param libraries where Maven's answer about its libraries is kept
   * @throws IOException if Maven can't resolve it, or it does not start; the message says why
   */
  public static S3Server start(Path directory, Path libraries)
      throws IOException, InterruptedException {
    Files.createDirectories(directory.resolve("objects").resolve(BUCKET));
    int port = FreePort.find();
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
    Files.write(directory.resolve("logback.xml"), resource("logback.xml"));
    try {
      S3Server server = new S3Server(directory.toAbsolutePath(), classPath(libraries), port);
      server.awaitListening();
      return server;
    } catch (ProgramException e) {
      throw new IOException("The S3 server does not start: " + e.getMessage(), e);
    }
  }

  private RunningProgram launch() throws ProgramException {
    return Program.of(
            "sh",
            "-c",
            "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1",
            "s3proxy",
            directory.resolve("s3proxy.log").toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Dlogback.configurationFile=" + directory.resolve("logback.xml"),
            "-cp",
            classPath,
            "org.gaul.s3proxy.Main",
            "--properties",
            directory.resolve("s3proxy.conf").toString())
        .startTied();
  }

  /** Resolved by Maven, once for each version of the pom. */
  private static String classPath(Path libraries)
      throws IOException, ProgramException, InterruptedException {
    Path resolved = Files.createDirectories(libraries.toAbsolutePath());
    Path pom = resolved.resolve("pom.xml");
    Path list = resolved.resolve("classpath.txt");
    byte[] wanted = resource("pom.xml");
    try (LockFile _ = LockFile.acquire(resolved.resolve("lock"))) {
      boolean same =
          Files.exists(list)
              && Files.exists(pom)
              && Arrays.equals(Files.readAllBytes(pom), wanted)
              && allExist(Files.readString(list));
      if (!same) {
        Files.deleteIfExists(list);
        Files.write(pom, wanted);
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

  /** Somebody may have emptied Maven's repository since. */
  private static boolean allExist(String classPath) {
    return Arrays.stream(classPath.strip().split(":", -1)).map(Path::of).allMatch(Files::exists);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = S3Server.class.getResourceAsStream("/dev/regild/demo/s3proxy/" + name)) {
      if (in == null) {
        throw new IOException("The demo's jar lacks " + name + ". Build it again.");
      }
      return in.readAllBytes();
    }
  }

  private void awaitListening() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new IOException(
              "The S3 server does not answer: " + Files.readString(directory.resolve("s3proxy.log")),
              e);
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

  /** Returns the variables by which another process has its credentials. */
  public static Map<String, String> credentials() {
    return Map.of("AWS_ACCESS_KEY_ID", IDENTITY, "AWS_SECRET_ACCESS_KEY", CREDENTIAL);
  }

  /** Returns the directory of its bucket. */
  public Path bucket() {
    return directory.resolve("objects").resolve(BUCKET);
  }

  /** Starts it again on its port after it was closed. */
  public void startAgain() throws IOException, InterruptedException {
    try {
      running = launch();
    } catch (ProgramException e) {
      throw new IOException("The S3 server does not start: " + e.getMessage(), e);
    }
    awaitListening();
  }

  /** Kills it. */
  @Override
  public void close() {
    running.close();
  }
}
