package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import dev.regild.machine.VirtualMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A server that is killed while it imports a disk: the next one on the same data ends the import
 * well, and nothing stays of what the first had going.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ImportCrashIT {
  private static final String IMAGE = "imported";

  @TempDir Path directory;
  private ServerProcess server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void anImportThatIsKilledWhileItInspectsAndWhileItBootsEndsAvailable() throws Exception {
    Path data = directory.toRealPath().resolve("data");
    server = ServerProcess.start(data, "vm");
    server.startImport(labelled(), IMAGE, Map.of("RuntimeValidationConfig", Map.of()));
    server.awaitProcess("qemu-system");
    assertThat(state()).isEqualTo("IMPORTING");
    restart(data);

    server.awaitProcess(VirtualMachine.REPORT_PORT);
    assertThat(state()).isEqualTo("VALIDATING");
    restart(data);

    JsonNode image = server.awaitEnd(IMAGE);
    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("AVAILABLE");
    JsonNode shown = server.get("/regild/v1/images/" + IMAGE).body();
    assertThat(shown.path("qualification").path("systemState").asString()).isEqualTo("running");
    server.assertNothingIsLeft();
    server.assertNoDiskIsLeft();
    assertThat(list(data.resolve("layers"))).hasSize(1);
  }

  @Test
  void anImportThatIsCancelledEndsAtOnceAndLeavesNothing() throws Exception {
    Path data = directory.toRealPath().resolve("data");
    server = ServerProcess.start(data, "vm");
    server.startImport(labelled(), IMAGE, Map.of());
    server.awaitProcess("qemu-system");
    assertThat(server.post("/regild/v1/images/" + IMAGE + "/cancel").status()).isEqualTo(200);
    JsonNode image = server.awaitEnd(IMAGE);
    assertThat(image.path("State").asString()).isEqualTo("FAILED");
    assertThat(image.at("/StateChangeReason/Message").asString())
        .startsWith("The import was cancelled");
    server.awaitEvent("import cancelled");
    server.assertNothingIsLeft();
    server.assertNoDiskIsLeft();
    assertThat(list(data.resolve("layers"))).isEmpty();
    assertThat(
            server.post("/regild/v1/images/" + IMAGE + "/cancel").body().path("Message").asString())
        .isEqualTo("The image imported is FAILED: it has no update or import to cancel.");
  }

  /**
   * The golden image with a blank in its label, so that an appliance has to read it: that takes
   * time.
   */
  private Path labelled() throws Exception {
    Path raw = directory.resolve("disk.raw");
    Path disk = directory.resolve("disk.qcow2");
    run("qemu-img", "convert", "-O", "raw", Fixtures.goldenImage().toString(), raw.toString());
    run(
        "debugfs",
        "-w",
        "-R",
        "set_super_value volume_name \"golden image\"",
        raw + "?offset=" + (2 << 20));
    run("qemu-img", "convert", "-O", "qcow2", raw.toString(), disk.toString());
    Files.delete(raw);
    return disk;
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private void restart(Path data) throws Exception {
    server.kill();
    server.assertNothingIsLeftOutside();
    server = ServerProcess.start(data, "vm");
  }

  private String state() throws Exception {
    return server
        .call("DescribeImages", Map.of("Names", List.of(IMAGE)))
        .body()
        .at("/Images/0/State")
        .asString();
  }

  private static List<Path> list(Path of) throws Exception {
    try (Stream<Path> files = Files.list(of)) {
      return files.toList();
    }
  }
}
