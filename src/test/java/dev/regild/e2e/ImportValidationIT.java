package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.GoldenDisk;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Isolation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ImageStateChangeReasonCode;
import tools.jackson.databind.JsonNode;

/** Imports that ask for a boot of the image, of a disk that boots and of one that doesn't. */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ImportValidationIT {
  private static final Duration LIMIT = Duration.ofMinutes(30);

  @TempDir Path directory;

  @Test
  void aDiskThatBootsBecomesAnImageThatSaysWithWhichKernel() throws Exception {
    Path data = directory.resolve("data");
    try (LocalServer server = server(data, Map.of());
        AppStreamClient client = server.client()) {
      String disk =
          server.http().post("/regild/v1/disks", Fixtures.goldenImage()).path("diskId").asString();
      List<ImageState> seen = new ArrayList<>();
      seen.add(
          client
              .createImportedImage(r ->
                  r.name("golden")
                      .sourceAmiId(disk)
                      .iamRoleArn("arn:aws:iam::123456789012:role/import")
                      .runtimeValidationConfig(
                          c -> c.intendedInstanceType("stream.standard.large")))
              .image()
              .state());
      Image image = awaitEnd(client, "golden", seen);

      assertThat(seen)
          .as(image.toString())
          .containsExactly(ImageState.IMPORTING, ImageState.VALIDATING, ImageState.AVAILABLE);
      assertThat(image.stateChangeReason()).isNull();
      JsonNode shown = server.http().get("/regild/v1/images/golden");
      assertThat(shown.path("qualification").path("kernel").asString())
          .matches("\\d+\\.\\d+\\.\\d+-\\d+-cloud-amd64");
      assertThat(shown.path("qualification").path("systemState").asString()).isEqualTo("running");
      assertThat(shown.path("imported").path("validated").asBoolean()).isTrue();
      assertThat(server.unfinished()).isEmpty();
      assertThat(list(data, "disks")).isEmpty();
      assertThat(list(data, "layers")).containsExactly(server.layer(image.arn()).toString());
    }
  }

  @Test
  void aDiskThatDoesNotBootFailsWithTheEndOfItsConsole() throws Exception {
    Path data = directory.resolve("data");
    Path disk = withoutKernel();
    try (LocalServer server = server(data, Map.of("qualification.time-limit", "30s"));
        AppStreamClient client = server.client()) {
      StringWriter errors = new StringWriter();
      int status =
          Regild.run(
              new PrintWriter(new StringWriter()),
              new PrintWriter(errors, true),
              "import",
              disk.toString(),
              "--name=broken",
              "--validate",
              "--wait",
              "--data=" + data,
              "--endpoint=" + server.endpoint(),
              "--region=" + LocalServer.REGION);
      assertThat(status).isEqualTo(1);

      Image image = client.describeImages(r -> r.names("broken")).images().getFirst();
      assertThat(image.state()).isEqualTo(ImageState.FAILED);
      assertThat(image.stateChangeReason().code())
          .isEqualTo(ImageStateChangeReasonCode.IMAGE_IMPORT_FAILURE);
      // GRUB's words on the serial console, when it doesn't find the file of the kernel.
      assertThat(image.stateChangeReason().message())
          .contains(
              "The validation boot failed",
              "its console ended with",
              "you need to load the kernel first");
      assertThat(errors.toString()).contains("you need to load the kernel first");
      assertThat(image.imageErrors())
          .extracting(e -> e.errorCodeAsString())
          .containsExactly("VALIDATION_ERROR");
      assertThat(server.unfinished()).isEmpty();
      assertThat(list(data, "disks")).isEmpty();
      assertThat(list(data, "layers")).isEmpty();
    }
  }

  private LocalServer server(Path data, Map<String, String> settings) throws Exception {
    return LocalServer.start(
        data,
        List.of(LocalServer.source(Fixtures.agentRepository())),
        Isolation.NAMESPACE,
        settings);
  }

  /** A copy of the golden image, the kernel of which is gone. */
  private Path withoutKernel() throws Exception {
    Path disk = Files.copy(Fixtures.goldenImage(), directory.resolve("broken.qcow2"));
    try (Guest guest = GoldenDisk.open(disk, directory.resolve("guest"))) {
      guest.run("find", "/boot", "-name", "vmlinuz-*", "-delete");
    }
    return disk;
  }

  /** Waits for the outcome, and notes each state that the image comes to. */
  private static Image awaitEnd(AppStreamClient client, String name, List<ImageState> seen)
      throws InterruptedException {
    Instant end = Instant.now().plus(LIMIT);
    while (Instant.now().isBefore(end)) {
      Image image = client.describeImages(r -> r.names(name)).images().getFirst();
      if (image.state() != seen.getLast()) {
        seen.add(image.state());
      }
      if (image.state() == ImageState.AVAILABLE || image.state() == ImageState.FAILED) {
        return image;
      }
      Thread.sleep(200);
    }
    throw new AssertionError(name + " was not finished within " + LIMIT);
  }

  private static List<String> list(Path data, String name) throws IOException {
    try (var files = Files.list(data.resolve(name))) {
      return files.map(Path::toString).toList();
    }
  }
}
