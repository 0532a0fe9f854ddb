package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Imports, copies and exports: the steps that an owner sees, and how each is cancelled. */
@EachDatabase
class JobStepsTest {
  private static final String REGION = "us-east-1";
  private static final String ROLE = "arn:aws:iam::123456789012:role/any";

  @TempDir Path directory;
  private ServerFixture server;

  @BeforeEach
  void start() throws Exception {
    server = new ServerFixture(directory);
    server.golden(REGION, "golden");
    var _ = server.writeCredentials();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anImportThatFailsShowsTheStepAndItsReason() throws Exception {
    startImport("new");
    UploadedDisk disk = server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow();
    try (FileChannel file = FileChannel.open(server.disks.path(disk), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {2}), 79); // the header says that it is corrupt
    }
    server
        .importJob()
        .run(
            image("new").id() + "/" + ServerFixture.DISK,
            server.lease(image("new").id() + "/" + ServerFixture.DISK));
    JsonNode job = get("/regild/v1/images/new/job");
    assertThat(job.path("status").asString()).isEqualTo("FAILED");
    assertThat(job.path("attempt").asInt()).isEqualTo(1);
    assertThat(job.path("steps")).hasSize(1);
    assertThat(job.at("/steps/0/name").asString()).isEqualTo("Check");
    assertThat(job.at("/steps/0/status").asString()).isEqualTo("FAILED");
    assertThat(job.at("/steps/0/detail").asString())
        .contains("marked corrupt")
        .isEqualTo(job.path("reason").asString());
  }

  @Test
  void whoWatchesAnImportSeesItsSteps() throws Exception {
    startImport("new");
    String id = image("new").id();
    server.database.useTransaction(handle -> {
      int attempt = server.steps.beginAttempt(handle, id);
      server.steps.begin(handle, id, attempt, 1, "Check");
      server.steps.done(handle, id, attempt, 1, "qcow2");
      server.steps.begin(handle, id, attempt, 2, "Inspect");
      server.steps.progress(handle, id, attempt, 2, 0.5, "");
    });
    assertThat(run("show", "new"))
        .containsPattern("Check +\\d+ ms +qcow2")
        .containsPattern("Inspect +50 %");
    run("cancel", "new");
    JsonNode job = get("/regild/v1/images/new/job");
    assertThat(job.path("reason").asString()).startsWith("The import was cancelled");
    assertThat(job.at("/steps/1/detail").asString()).isEqualTo("Cancelled.");
  }

  @Test
  void aCopyShowsItsLayersAndCanBeCancelledUntilItIsMade() throws Exception {
    for (String name : new String[] {"copy", "unwanted"}) {
      call(
          "CopyImage",
          """
          {"SourceImageName":"golden","DestinationImageName":"%s","DestinationRegion":"%s"}\
          """
              .formatted(name, REGION));
    }
    run("cancel", "unwanted");
    server.copyJob().run(image("unwanted").id(), server.lease(image("unwanted").id()));
    assertThat(image("unwanted").state()).isEqualTo(ImageState.FAILED);
    assertThat(image("unwanted").stateChangeReason().orElseThrow().message())
        .startsWith("The copy was cancelled");
    server.copyJob().run(image("copy").id(), server.lease(image("copy").id()));
    assertThat(get("/regild/v1/images/copy/job").at("/steps/0/detail").asString())
        .isEqualTo("layers in common with the source: 1, 4.0 KiB");
    call("DeleteImage", "{\"Name\":\"golden\"}"); // no copy holds it any more
  }

  @Test
  void anExportShowsItsStepAndLeavesNoDiskWhenItIsCancelled() throws Exception {
    String wanted = startExport("wanted");
    server.exportJob().run(wanted, server.lease(wanted));
    JsonNode job = get("/regild/v1/exports/" + wanted);
    assertThat(job.path("status").asString()).isEqualTo("SUCCEEDED");
    assertThat(job.path("image").asString()).isEqualTo("golden");
    assertThat(job.at("/steps/0/name").asString()).isEqualTo("Write");
    assertThat(job.at("/steps/0/detail").asString()).startsWith("ami-");
    assertThat(run("show", "--export", wanted)).contains("COMPLETED").contains("Write");

    int disks = server.disks.list(server.account.id()).size();
    String unwanted = startExport("unwanted");
    // As after a crash between the disk and the task's end.
    var _ =
        server.disks.export(
            server.database.read(handle ->
                handle
                    .createQuery("SELECT ami_id FROM export_task WHERE id = ?")
                    .bind(0, unwanted)
                    .mapTo(String.class)
                    .one()),
            server.account.id(),
            DiskFormat.QCOW2,
            _ -> {},
            _ -> {});
    assertThat(run("cancel", "--export", unwanted)).contains("Cancelled the export");
    server.exportJob().run(unwanted, server.lease(unwanted));
    assertThat(get("/regild/v1/exports/" + unwanted).path("reason").asString())
        .startsWith("The export was cancelled");
    assertThat(server.disks.list(server.account.id())).hasSize(disks);
    assertThat(post("/regild/v1/exports/" + wanted + "/cancel").path("Message").asString())
        .isEqualTo("The export %s is COMPLETED and can't be cancelled.".formatted(wanted));
  }

  private void startImport(String name) throws Exception {
    call(
        "CreateImportedImage",
        "{\"Name\":\"%s\",\"SourceAmiId\":\"%s\",\"IamRoleArn\":\"%s\"}"
            .formatted(name, ServerFixture.DISK, ROLE));
  }

  private String startExport(String name) throws Exception {
    return call(
            "CreateExportImageTask",
            "{\"ImageName\":\"golden\",\"AmiName\":\"%s\",\"IamRoleArn\":\"%s\"}"
                .formatted(name, ROLE))
        .at("/ExportImageTask/TaskId")
        .asString();
  }

  private JsonNode call(String operation, String body) throws Exception {
    RawConnection.Answer answer = server.ask(server.key, operation, body);
    assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    return JsonMapper.shared().readTree(answer.body());
  }

  private JsonNode get(String path) throws Exception {
    return json(server.send(server.key, "GET", path));
  }

  private JsonNode post(String path) throws Exception {
    return json(server.send(server.key, "POST", path));
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }

  private Image image(String name) {
    return server.database.read(handle -> Images.require(handle, server.owner(REGION), name));
  }

  private String run(String... command) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--endpoint", server.uri("").toString(), "--data", directory.toString()));
    assertThat(Regild.run(out, out, all.toArray(String[]::new))).as(said::toString).isZero();
    return said.toString();
  }
}
