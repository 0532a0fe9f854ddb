package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.GivenRoom;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Image;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.server.config.Config;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.ExportImageTask;
import software.amazon.awssdk.services.appstream.model.ExportImageTaskState;
import software.amazon.awssdk.services.appstream.model.Filter;
import software.amazon.awssdk.services.appstream.model.InvalidRoleException;
import software.amazon.awssdk.services.appstream.model.LimitExceededException;
import software.amazon.awssdk.services.appstream.model.ListExportImageTasksResponse;
import software.amazon.awssdk.services.appstream.model.ResourceInUseException;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;

/** The tasks that export images, through the AWS SDK. */
class ExportsIT {
  private static final AtomicLong FREE = new AtomicLong(1L << 40);

  @RegisterExtension
  static final RunningServer RUNNING =
      new RunningServer(
          data -> new ServerFixture(data, Config.Http.DEFAULT, GivenRoom.of(FREE::get)));

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
  }

  @Test
  void anExportedImageIsADiskOfItsOwner() throws Exception {
    Image golden = server.golden("us-east-1", "golden");
    try (AppStreamClient client = server.client("us-east-1")) {
      ExportImageTask task = export(client, "golden", "golden/2026");
      assertThat(task.state()).isEqualTo(ExportImageTaskState.EXPORTING);
      assertThat(task.imageArn()).isEqualTo(golden.arn());
      assertThat(task.amiName()).isEqualTo("golden/2026");
      assertThat(task.amiDescription()).isEqualTo("to keep");
      assertThat(task.tagSpecifications()).isEqualTo(Map.of("team", "desktops"));
      assertThat(task.amiId()).isNull();
      assertThatThrownBy(() -> client.deleteImage(r -> r.name("golden")))
          .isInstanceOf(ResourceInUseException.class);

      server.exportJob().run(task.taskId(), server.lease(task.taskId()));
      ExportImageTask done = get(client, task);
      assertThat(done.state()).isEqualTo(ExportImageTaskState.COMPLETED);
      assertThat(done.errorDetails()).isEmpty();
      UploadedDisk disk = server.disks.find(server.account.id(), done.amiId()).orElseThrow();
      assertThat(disk.origin()).isEqualTo(UploadedDisk.Origin.EXPORTED);
      assertThat(server.disks.path(disk)).hasSize(disk.bytes());
      String beside = "/regild/v1/exported/" + disk.sha256();
      assertThat(server.send(server.key, "GET", beside + "/provenance").statusCode())
          .isEqualTo(200);
      assertThat(new String(server.send(server.key, "GET", beside + "/sbom").body(), UTF_8))
          .contains("CycloneDX");

      server.exportJob().run(task.taskId(), server.lease(task.taskId()));
      assertThat(server.disks.find(server.account.id(), done.amiId())).contains(disk);
      assertThat(client.deleteImage(r -> r.name("golden")).image().name()).isEqualTo("golden");
    }
  }

  @Test
  void anExportForWhichThereIsNoRoomFailsBeforeItIsWritten() throws Exception {
    server.golden("ap-south-1", "golden");
    FREE.set(1 << 18);
    try (AppStreamClient client = server.client("ap-south-1")) {
      ExportImageTask task = export(client, "golden", "large");
      server.exportJob().run(task.taskId(), server.lease(task.taskId()));
      ExportImageTask failed = get(client, task);
      assertThat(failed.state()).isEqualTo(ExportImageTaskState.FAILED);
      assertThat(failed.errorDetails().getFirst().errorMessage()).contains("has no room for");
      assertThat(server.disks.list(server.account.id()))
          .noneMatch(disk -> disk.id().equals(failed.amiId()));
    } finally {
      FREE.set(1L << 40);
    }
  }

  @Test
  void anExportThatFailsSaysWhyAndLeavesNothing() throws Exception {
    Image golden = server.golden("us-east-2", "golden");
    Files.delete(server.data.resolve(golden.disk().orElseThrow().layer() + ".qcow2"));
    try (AppStreamClient client = server.client("us-east-2")) {
      ExportImageTask task = export(client, "golden", "broken");
      server.exportJob().run(task.taskId(), server.lease(task.taskId()));
      ExportImageTask failed = get(client, task);
      assertThat(failed.state()).isEqualTo(ExportImageTaskState.FAILED);
      assertThat(failed.amiId()).isNull();
      assertThat(failed.errorDetails().getFirst().errorMessage()).contains("qemu-img");
      String disk =
          server.database.read(h -> ExportTasks.find(h, task.taskId())).orElseThrow().amiId();
      assertThat(server.data.resolve("disks").resolve(disk + ".disk")).doesNotExist();
    }
  }

  @Test
  void tasksAreListedPageByPageAndFiltered() throws Exception {
    server.golden("eu-west-1", "golden");
    try (AppStreamClient client = server.client("eu-west-1")) {
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        ids.add(export(client, "golden", "export-" + i).taskId());
      }
      server.exportJob().run(ids.get(2), server.lease(ids.get(2)));
      List<String> seen = new ArrayList<>();
      String token = null;
      do {
        String next = token;
        ListExportImageTasksResponse page =
            client.listExportImageTasks(r -> r.maxResults(2).nextToken(next));
        page.exportImageTasks().forEach(task -> seen.add(task.taskId()));
        token = page.nextToken();
      } while (token != null);
      assertThat(seen).containsExactlyInAnyOrderElementsOf(ids);
      assertThat(list(client, "state", "COMPLETED")).containsExactly(ids.get(2));
      assertThat(list(client, "AmiName", "export-1", "export-3"))
          .containsExactlyInAnyOrder(ids.get(1), ids.get(3));
      assertThat(list(client, "ami-id", "ami-0123456789abcdef0")).isEmpty();
      assertThatThrownBy(() -> list(client, "colour", "red"))
          .hasMessageContaining("Unknown filter");
    }
  }

  @Test
  void anExportIsRefusedWithTheErrorsOfTheModel() throws Exception {
    server.golden("eu-west-2", "golden");
    try (AppStreamClient client = server.client("eu-west-2");
        AppStreamClient elsewhere = server.client("eu-west-3")) {
      assertThatThrownBy(() -> export(client, "none", "ami"))
          .isInstanceOf(ResourceNotFoundException.class);
      assertThatThrownBy(() ->
              client.createExportImageTask(r ->
                  r.imageName("golden")
                      .amiName("ami")
                      .iamRoleArn("arn:aws:iam::123456789012:user/me")))
          .isInstanceOf(InvalidRoleException.class);
      for (int i = 0; i < 9; i++) {
        export(client, "golden", "ami");
      }
      ExportImageTask last = export(client, "golden", "ami");
      assertThatThrownBy(() -> export(client, "golden", "ami"))
          .isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> get(elsewhere, last)).isInstanceOf(ResourceNotFoundException.class);
    }
  }

  private static ExportImageTask export(AppStreamClient client, String image, String ami) {
    return client
        .createExportImageTask(r ->
            r.imageName(image)
                .amiName(ami)
                .amiDescription("to keep")
                .tagSpecifications(Map.of("team", "desktops"))
                .iamRoleArn("arn:aws:iam::123456789012:role/export"))
        .exportImageTask();
  }

  private static ExportImageTask get(AppStreamClient client, ExportImageTask task) {
    return client.getExportImageTask(r -> r.taskId(task.taskId())).exportImageTask();
  }

  private static List<String> list(AppStreamClient client, String filter, String... values) {
    return client
        .listExportImageTasks(
            r -> r.filters(List.of(Filter.builder().name(filter).values(values).build())))
        .exportImageTasks()
        .stream()
        .map(ExportImageTask::taskId)
        .toList();
  }
}
