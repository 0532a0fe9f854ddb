package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.RefusedException;
import dev.regild.image.jobs.DiskDeletions;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks whose deletion is decided in a transaction, and done after it. */
@EachDatabase
class DiskDeletionsTest {
  @TempDir Path directory;

  private ServerFixture server;
  private DiskDeletions deletions;

  @BeforeEach
  void start() throws Exception {
    server = new ServerFixture(directory);
    deletions = new DiskDeletions(server.database, server.disks);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aDiskIsDeletedAndNothingIsLeftToDo() throws Exception {
    UploadedDisk disk = server.upload(server.account);
    deletions.delete(disk);
    assertThat(server.disks.find(server.account.id(), disk.id())).isEmpty();
    assertThat(decided()).isEmpty();
  }

  /** As a process that was killed between the transaction and the file. */
  @Test
  void aDeletionThatWasCutShortIsEndedLaterAndNobodyImportsTheDiskMeanwhile() throws Exception {
    UploadedDisk disk = server.upload(server.account);
    decide(disk.id(), false);
    assertThatThrownBy(
            () -> server.database.useTransaction(handle -> DiskDeletions.requireKept(handle, disk)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The disk %s is being deleted".formatted(disk.id()));
    assertThat(
            server
                .ask(
                    server.key,
                    "CreateImportedImage",
                    """
                    {"Name": "late", "SourceAmiId": "%s",
                     "IamRoleArn": "arn:aws:iam::000000000000:role/import"}
                    """
                        .formatted(disk.id()))
                .body())
        .contains("ResourceNotFoundException", "is being deleted");
    deletions.finishAll();
    assertThat(server.disks.find(server.account.id(), disk.id())).isEmpty();
    assertThat(decided()).isEmpty();
  }

  @Test
  void anExportedDiskStaysWhenItsImportHasEnded() throws Exception {
    UploadedDisk exported =
        server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow();
    decide(exported.id(), true);
    server.database.useTransaction(handle -> DiskDeletions.requireKept(handle, exported));
    deletions.endImport("an image", exported.id());
    assertThat(server.disks.find(server.account.id(), exported.id())).isPresent();
    assertThat(decided()).isEmpty();
  }

  /** As when a disk is deleted whose import a killed process had not ended. */
  @Test
  void aDeletionIsNotForgottenBesideTheEndOfAnImport() throws Exception {
    UploadedDisk exported =
        server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow();
    decide(exported.id(), false);
    deletions.endImport("an image", exported.id());
    assertThat(decided()).as("the end of an import").containsExactly(exported.id());
    deletions.finishAll();
    assertThat(server.disks.find(server.account.id(), exported.id())).isEmpty();
    assertThat(decided()).isEmpty();
  }

  @Test
  void aDeletionOfADiskWhoseImportHasEndedLeavesNothingToDo() throws Exception {
    UploadedDisk uploaded = server.upload(server.account);
    decide(uploaded.id(), true);
    deletions.delete(uploaded);
    assertThat(server.disks.find(server.account.id(), uploaded.id())).isEmpty();
    assertThat(decided()).isEmpty();
  }

  /** Else a process that is killed after its decision leaves an exported disk for good. */
  @Test
  void aDeletionCountsMoreThanTheEndOfAnImport() throws Exception {
    UploadedDisk exported =
        server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow();
    decide(exported.id(), true);
    DiskStore failing =
        (DiskStore)
            Proxy.newProxyInstance(
                DiskStore.class.getClassLoader(),
                new Class<?>[] {DiskStore.class},
                (_, _, _) -> {
                  throw new IOException("of a test");
                });
    assertThatThrownBy(() -> new DiskDeletions(server.database, failing).delete(exported))
        .isInstanceOf(IOException.class);
    deletions.finishAll();
    assertThat(server.disks.find(server.account.id(), exported.id())).isEmpty();
    assertThat(decided()).isEmpty();
  }

  private void decide(String disk, boolean uploadsOnly) {
    server.database.useTransaction(handle ->
        handle.execute(
            "INSERT INTO disk_removal (disk_id, uploads_only) VALUES (?, ?)", disk, uploadsOnly));
  }

  private List<String> decided() {
    return server.database.read(handle ->
        handle.createQuery("SELECT disk_id FROM disk_removal").mapTo(String.class).list());
  }
}
