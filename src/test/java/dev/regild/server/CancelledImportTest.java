package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.update.ImportJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CancelledImportTest {
  @TempDir Path directory;

  /** An interrupt finds the job between the file in the store and the registry's row. */
  @Test
  void aLayerThatTheRegistryDoesNotKnowIsRemovedAtOnce() throws Exception {
    try (ServerFixture server = new ServerFixture(directory)) {
      assertThat(
              server
                  .ask(
                      server.key,
                      "CreateImportedImage",
                      """
                      {"Name":"new","SourceAmiId":"%s","IamRoleArn":"arn:aws:iam::123456789012:role/any"}\
                      """
                          .formatted(ServerFixture.DISK))
                  .status())
          .isEqualTo(200);
      Image image =
          server.database.read(
              handle -> Images.requireOwned(handle, server.owner("us-east-1"), "new"));
      ImportJob job = server.importJob();
      Path layer =
          Files.writeString(directory.resolve("layers/" + image.id() + ".qcow2"), "published");
      assertThat(server.layers().ids()).containsExactly(image.id());
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread worker = new Thread(() -> run(job, image.id() + "/" + ServerFixture.DISK, thrown));
      // The job waits for this transaction, so the interrupt finds it running.
      server.database.useTransaction(_ -> {
        worker.start();
        while (worker.getState() != Thread.State.WAITING) {
          Thread.sleep(5);
        }
        server.running.cancel(image.id());
      });
      worker.join();
      assertThat(thrown).hasValue(null);
      assertThat(layer).doesNotExist();
      assertThat(server.layers().ids()).isEmpty();
    }
  }

  private static void run(ImportJob job, String id, AtomicReference<Throwable> thrown) {
    try {
      job.run(id);
    } catch (InterruptedException | RuntimeException e) {
      thrown.set(e);
    }
  }
}
