package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Images;
import dev.regild.image.jobs.UpdateRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
@EachDatabase
class DeleteImageBuilderTest {
  @TempDir static Path directory;

  private static ServerFixture server;
  private static AppStreamClient client;

  @BeforeAll
  static void start() throws Exception {
    server = new ServerFixture(directory);
    server.golden("us-east-1", "golden");
    client = server.client("us-east-1");
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Test
  void deletingTheBuilderOfAnUpdateCancelsIt() {
    ImageBuilder builder = update("renewed");
    String id = id("renewed");
    server.database.useTransaction(handle -> {
      int attempt = server.updates.beginAttempt(handle, id);
      server.steps.begin(handle, id, attempt, 1, "Prepare");
      server.steps.done(handle, id, attempt, 1, "");
      server.steps.begin(handle, id, attempt, 2, "Resolve");
    });

    ImageBuilder deleted = client.deleteImageBuilder(r -> r.name(builder.name())).imageBuilder();
    assertThat(deleted).isEqualTo(builder.toBuilder().state(ImageBuilderState.DELETING).build());
    assertThat(client.describeImageBuilders(r -> {}).imageBuilders()).isEmpty();
    assertCancelled("renewed", builder);
    UpdateRecord record = server.database.read(h -> server.updates.findById(h, id)).orElseThrow();
    assertThat(record.steps())
        .extracting(step -> step.status() + " " + step.detail())
        .containsExactly("DONE ", "FAILED Cancelled.");

    client.deleteImage(r -> r.name("renewed"));
  }

  @Test
  void anUpdateThatWaitsForAWorkerIsCancelledToo() {
    ImageBuilder builder = update("waiting");
    client.deleteImageBuilder(r -> r.name(builder.name()));
    assertCancelled("waiting", builder);
  }

  @Test
  void ofManyDeletionsAtOnceOneCancelsAndTheOthersFindNothing() throws Exception {
    ImageBuilder builder = update("contested");
    List<String> outcomes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> deletions =
          threads.invokeAll(Collections.nCopies(8, () -> delete(server.key, builder.name())));
      for (Future<String> deletion : deletions) {
        outcomes.add(deletion.get());
      }
    }
    assertThat(outcomes)
        .hasSize(8)
        .containsOnlyOnce("")
        .allMatch(outcome -> outcome.isEmpty() || outcome.equals("ResourceNotFoundException"));
    assertCancelled("contested", builder);
  }

  @Test
  void whatIsNotThereOrEndedIsNotFound() {
    assertThatThrownBy(() -> client.deleteImageBuilder(r -> r.name("nobody")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("nobody");
    ImageBuilder builder = update("cancelled");
    client.deleteImageBuilder(r -> r.name(builder.name()));
    assertThatThrownBy(() -> client.deleteImageBuilder(r -> r.name(builder.name())))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void nobodyElseCancelsAnUpdate() throws Exception {
    ImageBuilder builder = update("kept");
    AccessKey stranger = server.accounts.createKey(server.accounts.create("strangers"), false);
    assertThat(delete(stranger, builder.name())).isEqualTo("ResourceNotFoundException");
    assertThat(delete(server.readOnlyKey, builder.name())).isEqualTo("AccessDeniedException");
    try (AppStreamClient elsewhere = server.client("eu-central-1")) {
      assertThatThrownBy(() -> elsewhere.deleteImageBuilder(r -> r.name(builder.name())))
          .isInstanceOf(ResourceNotFoundException.class);
    }
    assertThat(image("kept").state()).isEqualTo(ImageState.PENDING);
    assertThat(client.describeImageBuilders(r -> r.names(builder.name())).imageBuilders())
        .containsExactly(builder);
    client.deleteImageBuilder(r -> r.name(builder.name()));
  }

  /** The builder of a new update. */
  private static ImageBuilder update(String newName) {
    client.createUpdatedImage(r -> r.existingImageName("golden").newImageName(newName));
    return client.describeImageBuilders(r -> {}).imageBuilders().stream()
        .filter(builder -> builder.name().startsWith(newName + "."))
        .findFirst()
        .orElseThrow();
  }

  /** What a deletion ended with: empty, or the error. */
  private static String delete(AccessKey key, String builder) throws Exception {
    return server
        .ask(key, "DeleteImageBuilder", "{\"Name\":\"" + builder + "\"}")
        .header("x-amzn-errortype");
  }

  private static void assertCancelled(String name, ImageBuilder builder) {
    Image image = image(name);
    assertThat(image.state()).isEqualTo(ImageState.FAILED);
    assertThat(image.stateChangeReason().message()).contains("cancelled", builder.name());
    assertThat(image.imageErrors()).isEmpty();
    String id = id(name);
    assertThat(server.database.read(h -> server.updates.findById(h, id)).orElseThrow().status())
        .isEqualTo(UpdateRecord.Status.FAILED);
  }

  private static Image image(String name) {
    return client.describeImages(r -> r.names(name)).images().getFirst();
  }

  private static String id(String name) {
    return server.database.read(h -> Images.require(h, server.owner("us-east-1"), name)).id();
  }
}
