package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.fixtures.CodeSigner;
import dev.regild.fixtures.StandIn;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.servicing.Isolation;
import dev.regild.windows.upstream.FakeUpstream;
import dev.regild.windows.upstream.PublishedUpdates;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * The main job on a disk of Windows, from its import to the boot of the new image, in a channel
 * whose system updates come from a server and whose others were added by hand. What boots is a
 * stand-in for Windows: real NTFS, real registry hives and the real guest agent, with programs that
 * are named as Windows' own.
 */
@EnabledIf("dev.regild.e2e.UpdateWindowsIT#isPossible")
class UpdateWindowsIT {
  private static final String DOTNET = "KB5034123";

  @TempDir Path directory;
  @AutoClose private FakeUpstream upstream;
  private CodeSigner signer;
  @AutoClose private LocalServer server;
  @AutoClose private AppStreamClient client;

  static boolean isPossible() throws Exception {
    return StandIn.isAvailable() && CodeSigner.isAvailable();
  }

  @BeforeEach
  void start() throws Exception {
    WindowsBase base = new WindowsBase(directory.resolve("data"));
    signer = CodeSigner.in(directory.resolve("signer"));
    upstream = new FakeUpstream(FakeUpstream.Shape.WSUS, directory.resolve("upstream"));
    publish();
    server =
        LocalServer.start(
            base.data(),
            WindowsBase.channel(PublishedUpdates.source(upstream, signer.root())),
            Isolation.VM,
            WindowsBase.SETTINGS);
    client = server.client();
    base.addServicingStack();
    base.addDriver();
    base.addAgent();
  }

  /** A cumulative update that builds on a checkpoint, and a rollup of .NET. */
  private void publish() throws Exception {
    Path files = Files.createDirectories(directory.resolve("published"));
    PublishedUpdates.onCheckpoint(
        upstream,
        WindowsBase.CUMULATIVE,
        "20348.2402",
        signer.sign(WindowsPackages.cumulative(files, WindowsBase.CUMULATIVE, "20348.2402")),
        signer.sign(WindowsPackages.cumulative(files, "KB5034439", "20348.2113")));
    PublishedUpdates.dotNet(
        upstream,
        DOTNET,
        "10.0.4690.2",
        signer.sign(WindowsPackages.dotNet(files, DOTNET, "10.0.4690.2", "20348")));
  }

  @Test
  void anImageIsBroughtUpToDateByItsOwnInstallers() throws Exception {
    StandIn standIn =
        WindowsBase.standIn()
            .when(
                "dism.exe",
                WindowsBase.CUMULATIVE,
                "always=1",
                "beside=KB5034439",
                "package=Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2402.1.10");
    Image base = server.importDisk(client, "windows", standIn.build(disk()));
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
    assertThat(upstream.downloads()).filteredOn(each -> each.startsWith("/Content/")).isNotEmpty();
    assertThat(LocalServer.canUpdate(client, "renewed")).isFalse();
    assertThat(LocalServer.canUpdate(client, "windows")).as("the base is as it was").isTrue();
  }

  @Test
  void anInstallerThatFailsFailsTheUpdateWithItsCodesMeaning() throws Exception {
    StandIn full = WindowsBase.standIn().when("dism.exe", "/Add-Package", "exit=" + 0x80070070L);
    server.importDisk(client, "windows", full.build(disk()));

    client.createUpdatedImage(r -> r.existingImageName("windows").newImageName("renewed"));
    Image failed = LocalServer.await(client, "renewed");

    assertThat(failed.state()).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason().message())
        .contains("KB5037016")
        .contains("0x80070070 (the disk is full)")
        .contains("enlarge its disk");
    assertThat(client.describeImageBuilders().imageBuilders()).isEmpty();
    assertThat(server.unfinished()).isEmpty();
  }

  private Path disk() {
    return directory.resolve("windows.qcow2");
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
            tuple("OS", "Package_for_DotNetRollup", "", "10.0.4690.2", DOTNET),
            tuple(
                "OS",
                "Package_for_ServicingStack",
                "",
                "20348.2400.1.0",
                WindowsBase.SERVICING_STACK),
            tuple("OS", "Windows", "10.0.20348.2340", "10.0.20348.2402", WindowsBase.CUMULATIVE),
            tuple(
                "DRIVER",
                "netkvm.inf",
                "2023-01-10 100.93.104.22900",
                "2024-06-21 100.95.104.26200",
                ""),
            tuple("AGENT", WindowsBase.AGENT, "2.3.0", "2.4.1", ""));
  }
}
