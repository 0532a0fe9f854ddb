package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.fixtures.Processes;
import dev.regild.fixtures.StandIn;
import dev.regild.servicing.Isolation;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;

/**
 * {@code regild doctor --try-windows} beside a running server, on an image of the stand-in for
 * Windows that was imported as a user imports it.
 */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
@Timeout(3600)
class TryWindowsIT {
  private static final String IMAGE = "win";
  private static final String MEMORY = "512MiB";

  /** Of a machine in which the image's guest agent never answers. */
  private static final String SILENT_MEMORY = "768MiB";

  private static final Duration LIMIT = Duration.ofMinutes(10);

  @TempDir static Path directory;

  private static Path data;
  private static Path temporary;
  private static LocalServer server;

  private String out = "";
  private String err = "";

  @BeforeAll
  static void start() throws Exception {
    data = Files.createDirectory(directory.resolve("data"));
    server = LocalServer.start(data, Isolation.VM);
    temporary = Files.createDirectory(directory.resolve("temporary"));
    Path disk =
        StandIn.server2022()
            .when("boot", "768 MiB", "hang=3600")
            .build(directory.resolve("windows.qcow2"));
    try (AppStreamClient client = server.client()) {
      Image image = server.importDisk(client, IMAGE, disk);
      assertThat(image.state()).as("%s", image).isEqualTo(ImageState.AVAILABLE);
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void anImageThatCanBeServicedHasAReportWithoutProblems() throws Exception {
    Path report = directory.resolve("report.txt");

    assertThat(doctor(IMAGE, MEMORY, "--report", report.toString())).as(out + "\n" + err).isZero();

    assertThat(out)
        .contains(
            "Trial of the Windows image win (WINDOWS_SERVER_2022)",
            "build 20348.2340, amd64",
            "BIOS, disk on VIRTIO, no TPM",
            "no restart is pending",
            "the guest agent answers",
            "the CD is D:",
            "Windows 10.0.20348.2340",
            "Windows has restarted.",
            "the file system is clean, build 20348.2340",
            "Everything was as expected.")
        .doesNotContain("NOT AS EXPECTED")
        .startsWith(Files.readString(report));
    assertThat(steps())
        .containsExactly(
            "Read the disk",
            "Make a CD",
            "Start Windows",
            "Find the CD",
            "Ask for its build",
            "Ask for pending restarts",
            "Ask for its services",
            "Ask for its devices",
            "Restart Windows",
            "Shut Windows down",
            "Read the disk again");
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void anAgentThatNeverAnswersIsSaidAtTheLimit() throws Exception {
    Path report = directory.resolve("silent.txt");

    assertThat(doctor(IMAGE, SILENT_MEMORY, "--report", report.toString(), "--start-limit", "30s"))
        .isOne();

    assertThat(Files.readString(report))
        .contains("! The guest agent did not answer within 30 s", "QEMU guest agent of virtio-win")
        .contains("One thing was not as expected.");
    assertThat(steps()).endsWith("Start Windows");
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void nothingIsLeftWhenItIsToldToEnd() throws Exception {
    Process process =
        start(options(IMAGE, SILENT_MEMORY, "--report", directory.resolve("ended.txt").toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = process.inputReader()) {
      String line = lines.readLine();
      while (line != null && !line.contains("Make a CD")) {
        line = lines.readLine();
      }
      assertThat(line).isNotNull();
      List<ProcessHandle> children = awaitMachine(process);
      assertThat(leftBehind()).hasSize(1);

      process.destroy();

      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
      assertThat(leftBehind()).isEmpty();
      assertThat(children).noneMatch(child -> Processes.isRunning(child.pid()));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeTriedIsRefused() throws Exception {
    assertThat(doctor("missing", MEMORY)).isOne();
    assertThat(err).contains("missing");
    assertThat(run(List.of("--try-windows", "--data", data.toString()))).isEqualTo(2);
    assertThat(err).contains("--image=NAME");
  }

  private int doctor(String image, String memory, String... options) throws Exception {
    return run(options(image, memory, options));
  }

  private static List<String> options(String image, String memory, String... more) {
    List<String> options = new ArrayList<>(List.of("--try-windows", "--image", image));
    options.addAll(List.of("--region", LocalServer.REGION, "--memory", memory));
    options.addAll(List.of("--data", data.toString()));
    options.addAll(List.of(more));
    return options;
  }

  /** Runs it to its end, and returns its exit status. */
  private int run(List<String> options) throws Exception {
    Path errors = directory.resolve("errors");
    Process process = start(options).redirectError(errors.toFile()).start();
    out = new String(process.getInputStream().readAllBytes(), UTF_8);
    int status = process.waitFor();
    err = Files.readString(errors);
    return status;
  }

  /** A process of its own, since what it leaves behind would lie where others' files lie too. */
  private static ProcessBuilder start(List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Regild.class.getName(), "doctor"));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TMPDIR", temporary.toString());
    // Else libguestfs would make its appliance anew, in that directory.
    builder.environment().put("LIBGUESTFS_CACHEDIR", "/var/tmp");
    return builder;
  }

  /** Waits until the machine runs, and returns all that runs for the process. */
  private static List<ProcessHandle> awaitMachine(Process process) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      List<ProcessHandle> children = process.descendants().toList();
      if (children.stream()
          .anyMatch(child -> child.info().command().orElse("").contains("qemu-system"))) {
        return children;
      }
      assertThat(System.nanoTime()).as("no machine within %s", LIMIT).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** The steps that the report has, in their order. */
  private List<String> steps() {
    return out.lines()
        .filter(line -> line.matches("(ok|NOT AS EXPECTED) +[0-9.]+ m?s  .*"))
        .map(line -> line.substring(27))
        .toList();
  }

  private static List<Path> leftBehind() throws Exception {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.filter(file -> file.getFileName().toString().startsWith("regild-try-")).toList();
    }
  }
}
