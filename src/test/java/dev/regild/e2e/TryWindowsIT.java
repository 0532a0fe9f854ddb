package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.fixtures.StandIn;
import dev.regild.servicing.Isolation;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
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
import software.amazon.awssdk.services.appstream.model.ImageState;

/**
 * {@code regild doctor --try-windows} beside a running server, on images of the stand-in for
 * Windows that were imported as a user imports them.
 */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
@Timeout(900)
class TryWindowsIT {
  private static final String SILENT = "silent";
  private static final List<Path> OF_OTHERS = new ArrayList<>();

  @TempDir static Path directory;

  private static Path data;
  private static LocalServer server;
  private static boolean silentIsThere;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws Exception {
    data = Files.createDirectory(directory.resolve("data"));
    server = LocalServer.start(data, Isolation.VM);
    OF_OTHERS.addAll(leftBehind());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void anImageThatCanBeServicedHasAReportWithoutProblems() throws Exception {
    importDisk("win", StandIn.server2022());
    Path report = directory.resolve("report.txt");

    assertThat(doctor("win", "--report", report.toString())).as(out + "\n" + err).isZero();

    assertThat(out.toString())
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
            "All of it was as expected.")
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
    importSilent();
    Path report = directory.resolve("silent.txt");

    assertThat(doctor(SILENT, "--report", report.toString(), "--start-limit", "30s")).isOne();

    assertThat(Files.readString(report))
        .contains("! The guest agent did not answer within 30 s", "QEMU guest agent of virtio-win")
        .contains("One thing was not as expected.");
    assertThat(steps()).endsWith("Start Windows");
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void nothingIsLeftWhenItIsToldToEnd() throws Exception {
    importSilent();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Regild.class.getName(),
                "doctor",
                "--try-windows",
                "--image",
                SILENT,
                "--region",
                LocalServer.REGION,
                "--memory",
                "512MiB",
                "--report",
                directory.resolve("ended.txt").toString(),
                "--data",
                data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = process.inputReader()) {
      String line = lines.readLine();
      while (line != null && !line.contains("Make a CD")) {
        line = lines.readLine();
      }
      assertThat(line).isNotNull();
      Thread.sleep(Duration.ofSeconds(3));
      List<ProcessHandle> children = process.descendants().toList();
      assertThat(children).as("the machine").isNotEmpty();
      assertThat(leftBehind()).hasSize(1);

      process.destroy();

      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(leftBehind()).isEmpty();
      assertThat(children).noneMatch(ProcessHandle::isAlive);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeTriedIsRefused() {
    assertThat(doctor("missing")).isOne();
    assertThat(err.toString()).contains("missing");
    assertThat(run("--try-windows", "--data", data.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("--image=NAME");
  }

  /** An image whose guest agent never answers, imported once. */
  private static void importSilent() throws Exception {
    if (!silentIsThere) {
      importDisk(SILENT, StandIn.server2022().when("boot", "*", "hang=3600"));
      silentIsThere = true;
    }
  }

  private static void importDisk(String name, StandIn windows) throws Exception {
    Path disk = windows.build(directory.resolve(name + ".qcow2"));
    try (AppStreamClient client = server.client()) {
      var image = server.importDisk(client, name, disk);
      assertThat(image.state()).as("%s", image).isEqualTo(ImageState.AVAILABLE);
    }
  }

  private int doctor(String image, String... options) {
    List<String> usual =
        List.of(
            "--try-windows",
            "--image",
            image,
            "--region",
            LocalServer.REGION,
            "--memory",
            "512MiB",
            "--data",
            data.toString());
    return run(Stream.concat(usual.stream(), Stream.of(options)).toArray(String[]::new));
  }

  private int run(String... options) {
    return Regild.run(
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray(String[]::new));
  }

  /** The steps that the report has, in their order. */
  private List<String> steps() {
    return out.toString()
        .lines()
        .filter(line -> line.matches("(ok|NOT AS EXPECTED) +[0-9.]+ m?s  .*"))
        .map(line -> line.substring(27))
        .toList();
  }

  private static List<Path> leftBehind() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("/var/tmp"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("regild-try-"))
          .filter(file -> !OF_OTHERS.contains(file))
          .toList();
    }
  }
}
