package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.StandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Updates of a Windows stand-in that are cut short while its machine, with a TPM, runs: by who
 * deletes their builder, by the death of the server, and by a guest that does not shut down. Which
 * of them it is depends on the one package that the catalogue offers.
 */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
@Timeout(3600)
class WindowsInterruptionsIT {
  @TempDir static Path directory;
  private static UpdatableBase base;
  private static WindowsBase windows;

  private ServerProcess server;
  private String offered = "";

  @BeforeAll
  static void importTheBase() throws Exception {
    Path data = directory.toRealPath().resolve("data");
    Path disk =
        StandIn.of(WindowsBase.windows().tpm())
            .when("dism.exe", WindowsBase.CUMULATIVE, "hang=3600")
            .when("dism.exe", WindowsBase.SERVICING_STACK, "hang=20", "work=1")
            .when("shutdown.exe", "*", "refuse=1", "after=pnputil.exe")
            .when("powerbutton", "*", "refuse=1", "after=pnputil.exe")
            .build(directory.resolve("windows.qcow2"));
    base = UpdatableBase.make(data, WindowsBase.channel(), disk);
    windows = new WindowsBase(data);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    windows.remove(offered);
  }

  @Test
  void anUpdateThatIsCancelledWhileAnInstallerHangsEnds() throws Exception {
    offered = WindowsBase.CUMULATIVE;
    windows.addCumulative();
    start("20m");
    update("cancelled");
    awaitInstaller("cancelled");

    String builder =
        server
            .call("DescribeImageBuilders", Map.of())
            .body()
            .at("/ImageBuilders/0/Name")
            .asString();
    assertThat(server.call("DeleteImageBuilder", Map.of("Name", builder)).status()).isEqualTo(200);
    JsonNode image = image("cancelled");

    // It did not wait for the installer, which hangs for an hour.
    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("FAILED");
    assertThat(image.at("/StateChangeReason/Message").asString()).contains("cancelled");
    assertNothingIsLeft();
    assertThat(lastStep("cancelled")).isEqualTo("Apply FAILED Cancelled.");
    assertThat(base.layers()).containsExactly(base.layer());
  }

  @Test
  void anUpdateWhoseServerIsKilledWhileAnInstallerRunsIsMadeByTheNextOne() throws Exception {
    offered = WindowsBase.SERVICING_STACK;
    windows.addServicingStack();
    start("20m");
    update("killed");
    awaitInstaller("killed");

    server.kill();
    server.assertNoProcessIsLeft();
    start("20m");
    JsonNode image = server.awaitEnd("killed");

    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("AVAILABLE");
    JsonNode update = server.get("/regild/v1/updates/killed").body();
    assertThat(update.path("attempt").asInt()).as("%s", update).isEqualTo(2);
    assertThat(update.path("status").asString()).isEqualTo("SUCCEEDED");
    assertThat(update.path("steps")).as("%s", update).hasSize(8);
    assertNothingIsLeft();
  }

  @Test
  void anUpdateWhoseGuestDoesNotShutDownFailsWithoutAPowerCutsDisk() throws Exception {
    offered = WindowsBase.DRIVER;
    windows.addDriver();
    start("90s");
    update("stuck");
    JsonNode image = server.awaitEnd("stuck");

    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("FAILED");
    assertThat(image.at("/StateChangeReason/Message").asString())
        .contains("Windows did not shut down within 90 s")
        .contains("a power cut would leave its disk dirty");
    assertThat(server.log()).contains("pressing the power button");
    assertNothingIsLeft();
    assertThat(lastStep("stuck")).startsWith("Apply FAILED Windows did not shut down");
    assertThat(server.call("DescribeImageBuilders", Map.of()).body().path("ImageBuilders"))
        .isEmpty();
  }

  /**
   * @param startLimit which is that of a shutdown, too
   */
  private void start(String startLimit) throws Exception {
    Map<String, String> variables = new HashMap<>();
    variables.put("REGILD_WINDOWS_MEMORY", WindowsBase.SETTINGS.get("windows.memory"));
    variables.put("REGILD_WINDOWS_START_LIMIT", startLimit);
    server = ServerProcess.start(base.data(), "vm", variables);
  }

  private void update(String name) throws Exception {
    ServerProcess.Answer answer =
        server.call(
            "CreateUpdatedImage",
            Map.of("existingImageName", UpdatableBase.NAME, "newImageName", name));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
  }

  /** Waits until the one of the offered package is at work, in a machine that has all its parts. */
  private void awaitInstaller(String image) throws Exception {
    server.awaitEvent("message=servicing image=%s said=\"%s".formatted(image, offered));
    Thread.sleep(Duration.ofSeconds(3));
    assertThat(server.processes())
        .anyMatch(process -> process.contains("qemu-system"))
        .anyMatch(process -> process.contains("swtpm"));
    assertThat(files(base.data().resolve("work")))
        .anyMatch(file -> file.endsWith("packages.iso"))
        .anyMatch(file -> file.endsWith("qemu-sockets"));
  }

  private JsonNode image(String name) throws Exception {
    return server.call("DescribeImages", Map.of("Names", List.of(name))).body().at("/Images/0");
  }

  private String lastStep(String image) throws Exception {
    JsonNode steps = server.get("/regild/v1/updates/" + image).body().path("steps");
    JsonNode last = steps.path(steps.size() - 1);
    return "%s %s %s"
        .formatted(
            last.path("name").asString(),
            last.path("status").asString(),
            last.path("detail").asString());
  }

  private void assertNothingIsLeft() throws Exception {
    server.assertNothingIsLeft();
    base.assertUntouched();
  }

  private static List<Path> files(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      return files.toList();
    }
  }
}
