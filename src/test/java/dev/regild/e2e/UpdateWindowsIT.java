package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.CatalogueSource;
import dev.regild.channel.Channel;
import dev.regild.cli.Regild;
import dev.regild.fixtures.StandIn;
import dev.regild.fixtures.WindowsDisk;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.servicing.Isolation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import tools.jackson.databind.JsonNode;

/**
 * The main job on a disk of Windows, from its import to the boot of the new image. What boots is a
 * stand-in for Windows: real NTFS, real registry hives and the real guest agent, with programs that
 * are named as Windows' own.
 */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
class UpdateWindowsIT {
  private static final String AGENT = "Example Agent";
  private static final UUID UPGRADE_CODE = UUID.fromString("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
  private static final String DEVICE = "PCI\\VEN_1AF4&DEV_1041";

  @TempDir Path directory;
  @AutoClose private LocalServer server;
  @AutoClose private AppStreamClient client;
  private Path data;

  @BeforeEach
  void start() throws Exception {
    data = directory.resolve("data");
    Channel channel =
        new Channel(
            LocalServer.CHANNEL,
            "WINDOWS_SERVER_2022",
            List.of(new CatalogueSource(CatalogueSource.DEFAULT_ARCHITECTURE)),
            Channel.defaultDriverPackages("WINDOWS_SERVER_2022"),
            List.of(),
            Channel.DEFAULT_REFRESH_INTERVAL);
    server =
        LocalServer.start(
            data,
            channel,
            Isolation.VM,
            Map.of("windows.memory", "512MiB", "windows.start-limit", "5m"));
    client = server.client();
    Path files = Files.createDirectory(directory.resolve("files"));
    addUpdate(WindowsPackages.servicingStack(files, "KB5037016", "20348.2400"));
    addUpdate(WindowsPackages.cumulative(files, "KB5036909", "20348.2402"));
    addUpdate(WindowsPackages.driver(files, "netkvm.inf", "06/21/2024,100.95.104.26200", DEVICE));
    addUpdate(
        WindowsPackages.agentMsi(
            files, AGENT, "2.4.1", "{" + UPGRADE_CODE.toString().toUpperCase(Locale.ROOT) + "}"));
  }

  @Test
  void anImageIsBroughtUpToDateByItsOwnInstallers() throws Exception {
    Image base = server.importDisk(client, "windows", windows().build(disk()));
    assertThat(base.state()).as(base.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(base.platformAsString()).isEqualTo("WINDOWS_SERVER_2022");
    assertThat(base.appstreamAgentVersion()).isEqualTo("2.3.0");
    assertPlan(server.http().post("/regild/v1/plan", "{\"image\":\"windows\"}"));

    client.createUpdatedImage(r -> r.existingImageName("windows").newImageName("renewed"));
    Image renewed = LocalServer.await(client, "renewed");

    assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(renewed.appstreamAgentVersion()).isEqualTo("2.4.1");
    assertThat(renewed.latestAppstreamAgentVersionAsString()).isEqualTo("TRUE");
    JsonNode shown = server.http().get("/regild/v1/images/renewed");
    assertThat(shown.path("windows").path("build").asString()).isEqualTo("20348.2402");
    assertThat(shown.path("qualification").path("kernel").asString()).isEqualTo("10.0.20348.2402");
    assertThat(server.http().get("/regild/v1/updates/renewed").path("steps").valueStream())
        .hasSize(8)
        .allSatisfy(step -> assertThat(step.path("status").asString()).isEqualTo("DONE"));
    assertThat(server.unfinished()).isEmpty();
    assertThat(LocalServer.canUpdate(client, "renewed")).isFalse();
    assertThat(LocalServer.canUpdate(client, "windows")).as("the base is as it was").isTrue();
  }

  @Test
  void anInstallerThatFailsFailsTheUpdateWithItsCodesMeaning() throws Exception {
    StandIn full = windows().when("dism.exe", "/Add-Package", "exit=" + 0x80070070L);
    server.importDisk(client, "windows", full.build(disk()));

    client.createUpdatedImage(r -> r.existingImageName("windows").newImageName("renewed"));
    Image failed = LocalServer.await(client, "renewed");

    assertThat(failed.state()).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason().message())
        .contains("KB5037016")
        .contains("0x80070070 (the disk is full)")
        .contains("make its disk larger");
    assertThat(client.describeImageBuilders().imageBuilders()).isEmpty();
    assertThat(server.unfinished()).isEmpty();
  }

  /** One that is a cumulative update, a driver and a version of its agent behind. */
  private static StandIn windows() {
    return StandIn.of(
        WindowsDisk.server2022()
            .update(
                "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2340.1.10", 112, "KB5035857")
            .device(DEVICE)
            .driver("netkvm.inf", "Red Hat, Inc.", "Net", "2023-01-10", "100.93.104.22900", DEVICE)
            .program(AGENT, "2.3.0", UUID.randomUUID(), UPGRADE_CODE));
  }

  private Path disk() {
    return directory.resolve("windows.qcow2");
  }

  private void addUpdate(Path file) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    List<String> command =
        new ArrayList<>(List.of("channel", "add-update", LocalServer.CHANNEL, file.toString()));
    command.addAll(List.of("--data", data.toString()));
    int status = Regild.run(out, out, command.toArray(String[]::new));
    out.flush();
    assertThat(status).as(said.toString()).isZero();
  }

  private static void assertPlan(JsonNode plan) {
    assertThat(plan.path("changes").valueStream())
        .extracting(
            change -> change.path("kind").asString(),
            change -> change.path("name").asString(),
            change -> change.path("from").asString(),
            change -> change.path("to").asString(),
            change -> change.path("advisories").path(0).path("id").asString(""))
        .containsExactly(
            tuple("OS", "Package_for_ServicingStack", "", "20348.2400.1.0", "KB5037016"),
            tuple("OS", "Windows", "10.0.20348.2340", "10.0.20348.2402", "KB5036909"),
            tuple(
                "DRIVER",
                "netkvm.inf",
                "2023-01-10 100.93.104.22900",
                "2024-06-21 100.95.104.26200",
                ""),
            tuple("AGENT", AGENT, "2.3.0", "2.4.1", ""));
  }
}
