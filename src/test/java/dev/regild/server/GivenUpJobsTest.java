package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.update.ImportJob;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an owner sees of a job that was begun too often. */
@EachDatabase
class GivenUpJobsTest {
  private static final String WHY = "The job did not finish in 10 attempts. Ask for it again.";

  @TempDir Path directory;
  private ServerFixture server;

  @BeforeEach
  void start() throws Exception {
    server = new ServerFixture(directory);
    server.golden("us-east-1", "golden");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anImportHasFailedAndItsDiskIsFree() throws Exception {
    call(
        "CreateImportedImage",
        """
        {"Name":"new","SourceAmiId":"%s","IamRoleArn":"arn:aws:iam::123456789012:role/any"}\
        """
            .formatted(ServerFixture.DISK));
    ImportJob job = server.importJob();
    String id = image("new").id() + "/" + ServerFixture.DISK;
    job.giveUp(id, server.lease(id), WHY);
    assertFailed("new", StateChangeReason.Code.IMAGE_IMPORT_FAILURE, "The import failed. " + WHY);
    assertThat(
            server.database.<Optional<String>, RuntimeException>read(
                handle -> ImportRecords.imageInTheMaking(handle, ServerFixture.DISK)))
        .isEmpty();
    job.giveUp(id, server.lease(id), "once more"); // which changes nothing
    assertThat(image("new").stateChangeReason().orElseThrow().message()).endsWith(WHY);
  }

  @Test
  void aCopyHasFailedAndItsSourceCanBeDeleted() throws Exception {
    call(
        "CopyImage",
        """
        {"SourceImageName":"golden","DestinationImageName":"copy","DestinationRegion":"us-east-1"}\
        """);
    server.copyJob().giveUp(image("copy").id(), server.lease(image("copy").id()), WHY);
    assertFailed("copy", StateChangeReason.Code.IMAGE_COPY_FAILURE, "The copy failed. " + WHY);
    call("DeleteImage", "{\"Name\":\"golden\"}");
  }

  @Test
  void anExportHasFailed() throws Exception {
    call(
        "CreateExportImageTask",
        """
        {"ImageName":"golden","AmiName":"golden","IamRoleArn":"arn:aws:iam::123456789012:role/any"}\
        """);
    String task =
        server.database.read(
            handle -> handle.createQuery("SELECT id FROM export_task").mapTo(String.class).one());
    server.exportJob().giveUp(task, server.lease(task), WHY);
    ExportTask failed =
        server.database.read(handle -> ExportTasks.find(handle, task)).orElseThrow();
    assertThat(failed.state()).isEqualTo(ExportTask.State.FAILED);
    assertThat(failed.failure()).isEqualTo(Optional.of("The export failed. " + WHY));
    server.exportJob().giveUp(task, server.lease(task), "once more");
  }

  private void call(String operation, String body) throws Exception {
    RawConnection.Answer answer = server.ask(server.key, operation, body);
    assertThat(answer.status()).as("%s", answer).isEqualTo(200);
  }

  private Image image(String name) {
    return server.database.read(
        handle -> Images.requireOwned(handle, server.owner("us-east-1"), name));
  }

  private void assertFailed(String name, StateChangeReason.Code code, String message) {
    Image image = image(name);
    assertThat(image.state()).isEqualTo(ImageState.FAILED);
    assertThat(image.stateChangeReason()).contains(new StateChangeReason(code, message));
  }
}
