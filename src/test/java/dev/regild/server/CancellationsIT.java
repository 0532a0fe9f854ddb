package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.UpdateRecord;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageBuilder;
import software.amazon.awssdk.services.appstream.model.ImageBuilderState;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;

/** {@code DeleteImageBuilder} through the AWS SDK, on updates that nobody works on. */
class CancellationsIT {
  @TempDir static Path directory;

  private static ServerFixture server;

  @BeforeAll
  static void start() throws Exception {
    server = new ServerFixture(directory);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void deletingTheBuilderOfAnUpdateCancelsIt() throws Exception {
    server.golden("us-east-1", "golden");
    try (AppStreamClient client = server.client("us-east-1")) {
      client.createUpdatedImage(r -> r.existingImageName("golden").newImageName("renewed"));
      ImageBuilder builder = client.describeImageBuilders(r -> {}).imageBuilders().getFirst();
      String id =
          server
              .database
              .read(h -> server.images.require(h, server.owner("us-east-1"), "renewed"))
              .id();
      server.database.useTransaction(handle -> {
        int attempt = server.updates.beginAttempt(handle, id);
        server.updates.beginStep(handle, id, attempt, 1, "Prepare");
      });

      ImageBuilder deleted = client.deleteImageBuilder(r -> r.name(builder.name())).imageBuilder();
      assertThat(deleted.name()).isEqualTo(builder.name());
      assertThat(deleted.state()).isEqualTo(ImageBuilderState.DELETING);
      assertThat(client.describeImageBuilders(r -> {}).imageBuilders()).isEmpty();
      Image image = client.describeImages(r -> r.names("renewed")).images().getFirst();
      assertThat(image.state()).isEqualTo(ImageState.FAILED);
      assertThat(image.stateChangeReason().message()).contains("cancelled");
      UpdateRecord record = server.database.read(h -> server.updates.findById(h, id)).orElseThrow();
      assertThat(record.status()).isEqualTo(UpdateRecord.Status.FAILED);
      assertThat(record.steps())
          .extracting(UpdateRecord.Step::status)
          .containsExactly(UpdateRecord.StepStatus.FAILED);

      assertThatThrownBy(() -> client.deleteImageBuilder(r -> r.name(builder.name())))
          .isInstanceOf(ResourceNotFoundException.class);
      client.deleteImage(r -> r.name("renewed"));
      client.deleteImage(r -> r.name("golden"));
    }
  }
}
