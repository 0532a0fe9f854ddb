package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.OrdinaryUser;
import dev.regild.machine.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server in a process of its own, as {@code regild serve} starts it, to be killed. */
final class ServerProcess implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** For what takes seconds, on a machine that has much else to do. */
  private static final Duration LIMIT = Duration.ofMinutes(20);

  private static final Duration END_OF_CHILDREN = Duration.ofMinutes(2);

  /** Where a server of root's may put links to sockets. */
  private static final List<Path> LINKS =
      List.of(Path.of("/run/regild"), Path.of(System.getProperty("java.io.tmpdir")));

  /** What servers and workers log with their address. */
  private static final String STARTED = " started\" address=";

  private final Path data;
  private final Process process;
  private final Thread reader;
  private final List<String> log = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  private ServerProcess(Path data, Process process) {
    this.data = data;
    this.process = process;
    this.reader = Thread.ofVirtual().name("server-log").unstarted(this::readLog);
  }

  /** Starts one and waits until it answers. */
  static ServerProcess start(Path data, String isolation) throws Exception {
    return start(data, isolation, Map.of());
  }

  /**
   * The same, with further settings.
   *
   * @param variables of its environment, {@code REGILD_…}
   */
  static ServerProcess start(Path data, String isolation, Map<String, String> variables)
      throws Exception {
    return start(command("serve", data, isolation), data, variables);
  }

  /** Starts one that only runs jobs, with the database and the store that its variables name. */
  static ServerProcess startWorker(Path data, String isolation, Map<String, String> variables)
      throws Exception {
    List<String> command = new ArrayList<>(command("worker", data, isolation));
    command.removeAll(List.of("--auth", "off"));
    return start(command, data, variables);
  }

  /**
   * The same, started by another program.
   *
   * @param prefix that program with its arguments; it becomes the server, by exec
   */
  static ServerProcess start(
      List<String> prefix, Path data, String isolation, Map<String, String> variables)
      throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(command("serve", data, isolation));
    return start(command, data, variables);
  }

  /**
   * Starts one of another version.
   *
   * @param launcher of that version
   */
  static ServerProcess startOf(
      Path launcher, Path data, String isolation, Map<String, String> variables) throws Exception {
    List<String> ours = command("serve", data, isolation);
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(ours.subList(ours.indexOf("serve"), ours.size()));
    return start(command, data, variables);
  }

  /**
   * Starts one as another user than root, to whom the data directory is given.
   *
   * @param data below directories that the user may pass
   */
  static ServerProcess startAsOrdinaryUser(Path data, String isolation) throws Exception {
    Program.of("chown", "-R", OrdinaryUser.NAME, data.toString()).run();
    return start(OrdinaryUser.runs(command("serve", data, isolation)), data, Map.of());
  }

  private static List<String> command(String role, Path data, String isolation) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.regild.cli.Regild",
        role,
        "--data",
        data.toString(),
        "--listen",
        "127.0.0.1:0",
        "--auth",
        "off",
        "--isolation",
        isolation);
  }

  private static ServerProcess start(List<String> command, Path data, Map<String, String> variables)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(variables);
    ServerProcess server = new ServerProcess(data, builder.start());
    server.reader.start();
    server.awaitLog(Duration.ofMinutes(5), "the server's start", () -> server.says(STARTED));
    return server;
  }

  private void readLog() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (log) {
          log.add(line);
          log.notifyAll();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean says(String text) {
    return log.stream().anyMatch(line -> line.contains(text));
  }

  /** Waits until a step of the update that makes the image begins. */
  void awaitStep(String image, String step) throws InterruptedException {
    awaitEvent("message=\"step started\" image=" + image + " step=" + step + " ");
  }

  /**
   * Waits until it logs something.
   *
   * @param event that the line holds
   */
  void awaitEvent(String event) throws InterruptedException {
    awaitLog(LIMIT, event, () -> says(event));
  }

  private void awaitLog(Duration limit, String what, BooleanSupplier done)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    synchronized (log) {
      while (!done.getAsBoolean()) {
        assertThat(process.isAlive() && System.nanoTime() < deadline)
            .as("%s in the log:%n%s", what, String.join("\n", log))
            .isTrue();
        log.wait(1000);
      }
    }
  }

  /** The name of the user that it runs as. */
  String user() throws IOException {
    return Files.getOwner(Path.of("/proc", Long.toString(process.pid()), "stat")).getName();
  }

  /** What it has logged so far. */
  String log() {
    synchronized (log) {
      return String.join("\n", log);
    }
  }

  /** Whether it runs; a frozen one does. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it as {@code kill -9} does, and waits until it is gone; its children are left alone. */
  void kill() throws InterruptedException {
    // Not by Process, which would close the log too.
    process.toHandle().destroyForcibly();
    process.waitFor();
    reader.join(Duration.ofMinutes(1));
  }

  /** Stops it where it is, until {@link #thaw}; its children go on. */
  void freeze() throws Exception {
    signal("STOP");
  }

  /** Lets it go on. */
  void thaw() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    Program.of("kill", "-" + name, Long.toString(process.pid())).run();
  }

  /** Asks it to end as an operator's service manager does; whether it has ended. */
  boolean terminate() throws InterruptedException {
    process.toHandle().destroy();
    boolean ended = process.waitFor(END_OF_CHILDREN.toSeconds(), TimeUnit.SECONDS);
    reader.join(Duration.ofMinutes(1));
    return ended;
  }

  /** Where it answers. */
  URI endpoint() {
    return uri("");
  }

  /** The AWS SDK's client; whoever asks is let in. */
  AppStreamClient client() {
    return AppStreamClient.builder()
        .endpointOverride(uri(""))
        .region(Region.US_EAST_1)
        .credentialsProvider(AnonymousCredentialsProvider.create())
        .httpClientBuilder(ApacheHttpClient.builder())
        .build();
  }

  /** An answer of the server, whatever its status. */
  record Answer(int status, JsonNode body) {}

  /** Calls an operation of the AppStream protocol. */
  Answer call(String operation, Map<String, ?> request) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/"))
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("X-Amz-Target", "PhotonAdminProxyService." + operation)
            .POST(BodyPublishers.ofString(JSON.writeValueAsString(request))));
  }

  Answer get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** What is sent for a path, in a file. */
  Path download(String path, Path target) throws Exception {
    HttpResponse<Path> answer =
        http.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofFile(target));
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  /** What each server-sent event of a path holds, until the server ends them. */
  List<JsonNode> events(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri(path)).header("Accept", "text/event-stream").build();
    try (Stream<String> lines = http.send(request, BodyHandlers.ofLines()).body()) {
      return lines
          .filter(line -> line.startsWith("data: "))
          .map(line -> JSON.readTree(line.substring("data: ".length())))
          .toList();
    }
  }

  Answer post(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.noBody()));
  }

  Answer upload(Path disk) throws Exception {
    return send(HttpRequest.newBuilder(uri("/regild/v1/disks")).POST(BodyPublishers.ofFile(disk)));
  }

  private Answer send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    return new Answer(answer.statusCode(), JSON.readTree(answer.body()));
  }

  private URI uri(String path) {
    String line;
    synchronized (log) {
      line = log.stream().filter(l -> l.contains(STARTED)).findFirst().orElseThrow();
    }
    String address = line.replaceFirst(".* address=\"?([0-9.:]+).*", "$1");
    return URI.create("http://" + address + path);
  }

  /** Imports a disk and waits for what comes of it. */
  JsonNode importDisk(Path disk, String name) throws Exception {
    startImport(disk, name, Map.of());
    return awaitEnd(name);
  }

  /**
   * Has a disk imported.
   *
   * @param members further ones of the request
   */
  void startImport(Path disk, String name, Map<String, ?> members) throws Exception {
    Answer uploaded = upload(disk);
    assertThat(uploaded.status()).as("%s", uploaded.body()).isEqualTo(201);
    Map<String, Object> request = new HashMap<>(members);
    request.put("Name", name);
    request.put("SourceAmiId", uploaded.body().path("diskId").asString());
    request.put("IamRoleArn", "arn:aws:iam::000000000000:role/import");
    Answer accepted = call("CreateImportedImage", request);
    assertThat(accepted.status()).as("%s", accepted.body()).isEqualTo(200);
  }

  /** Waits until it has its database again after an outage. */
  void awaitDatabase() throws Exception {
    await(
        END_OF_CHILDREN,
        "an answer from the database",
        () -> call("DescribeImages", Map.of()).status() == 200);
  }

  /**
   * Waits until an image is AVAILABLE or FAILED, and returns it. As clients do, it asks again while
   * the server has no database.
   */
  JsonNode awaitEnd(String name) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      Answer answer = call("DescribeImages", Map.of("Names", List.of(name)));
      assertThat(answer.status()).as("%s", answer.body()).isIn(200, 503);
      JsonNode image = answer.body().path("Images").path(0);
      String state = image.path("State").asString();
      if (state.equals("AVAILABLE") || state.equals("FAILED")) {
        return image;
      }
      assertThat(System.nanoTime()).as("%s%n%s", image, log()).isLessThan(deadline);
      Thread.sleep(500);
    }
  }

  /**
   * What is there of an update, beside the server itself, while none should be going on: processes
   * whose command line names the data directory, mounts, loop devices, links to sockets, unfinished
   * files.
   */
  List<String> leftovers() throws IOException {
    List<String> found = new ArrayList<>(outsideLeftovers());
    try (Stream<Path> work = Files.list(data.resolve("work"))) {
      work.forEach(path -> found.add("file " + path));
    }
    return found;
  }

  /** {@link #leftovers} but for files. */
  List<String> outsideLeftovers() throws IOException {
    List<String> found = new ArrayList<>(processes());
    read(Path.of("/proc/self/mountinfo"))
        .lines()
        .filter(line -> line.contains(data + "/"))
        .forEach(line -> found.add("mount " + line));
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      for (Path device :
          devices.filter(d -> d.getFileName().toString().matches("loop\\d+")).toList()) {
        String file = read(device.resolve("loop/backing_file"));
        if (file.contains(data + "/")) {
          found.add("loop device " + device + " on " + file.strip());
        }
      }
    }
    for (Path place : LINKS) {
      try (Stream<Path> links = Files.list(place)) {
        links
            .filter(directory -> directory.getFileName().toString().startsWith("regild-"))
            .flatMap(directory -> Stream.of("qemu", "tpm").map(directory::resolve))
            .filter(link -> leadsTo(link, data))
            .forEach(link -> found.add("link " + link));
      } catch (NoSuchFileException noneYet) {
        // The server makes it when it needs one.
      }
    }
    return found;
  }

  /** Sees to it that nothing is left of an update, be it after a while: programs take some. */
  void assertNothingIsLeft() throws Exception {
    assertGone(this::leftovers);
  }

  /** The same but for files. */
  void assertNothingIsLeftOutside() throws Exception {
    assertGone(this::outsideLeftovers);
  }

  /** The same but for files, mounts, devices and links. */
  void assertNoProcessIsLeft() throws Exception {
    assertGone(this::processes);
  }

  /** Waits until no uploaded disk is there: one is removed after its image has ended. */
  void assertNoDiskIsLeft() throws Exception {
    assertGone(() -> {
      try (Stream<Path> disks = Files.list(data.resolve("disks"))) {
        return disks.map(Path::toString).toList();
      }
    });
  }

  private void assertGone(Callable<List<String>> what) throws Exception {
    await(END_OF_CHILDREN, "the end of all that it started", () -> what.call().isEmpty());
  }

  /** Waits until a program works for the server whose command line holds a text. */
  void awaitProcess(String text) throws Exception {
    await(
        LIMIT,
        "a process of " + text,
        () -> processes().stream().anyMatch(process -> process.contains(text)));
  }

  /** Looks again and again, which is all that one can do about what others have started. */
  private void await(Duration limit, String what, Callable<Boolean> done) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!done.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "not within %s: %s; there is %s%n%s".formatted(limit, what, leftovers(), log()));
      }
      Thread.sleep(100);
    }
  }

  /** Those that work for the server, by their command lines. */
  List<String> processes() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path directory : processes.filter(p -> p.toString().matches("/proc/\\d+")).toList()) {
        String commandLine = read(directory.resolve("cmdline")).replace('\0', ' ');
        boolean server = directory.endsWith(Long.toString(process.pid()));
        if (!server && namesData(commandLine)) {
          found.add("process " + directory + " " + commandLine);
        }
      }
    }
    return found;
  }

  /** The directory itself or what is in it; another's name may begin in the same way. */
  private boolean namesData(String commandLine) {
    return commandLine.contains(data + "/") || commandLine.contains(data + " ");
  }

  private static boolean leadsTo(Path link, Path directory) {
    try {
      return Files.readSymbolicLink(link).startsWith(directory);
    } catch (IOException noneOrGone) {
      return false;
    }
  }

  /** Empty where the process or the device has gone meanwhile. */
  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    process.toHandle().destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
