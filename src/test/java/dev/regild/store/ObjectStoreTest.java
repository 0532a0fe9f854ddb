package dev.regild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.fixtures.TestDatabases;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectStoreTest {
  @TempDir Path directory;
  private MemoryS3 server;
  private ObjectStore store;

  @BeforeEach
  void start() throws Exception {
    server = new MemoryS3();
    store = server.store();
  }

  @AfterEach
  void stop() {
    store.close();
    server.close();
  }

  /** Every test of the registry on a store looks out for it, as assertions are on in tests. */
  @Test
  void aCallInsideATransactionIsAnErrorInTests() throws Exception {
    assumeTrue(StoreCalls.class.desiredAssertionStatus(), "assertions are off");
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      assertThatThrownBy(() -> database.inTransaction(_ -> store.list("layers/")))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("inside a transaction");
    }
    assertThat(store.list("layers/")).isEmpty();
  }

  /** S3Mock's answer, which S3 gives to reads alone. */
  @Test
  void aServerMayRefuseToOverwriteAnObjectAsNotModified() throws Exception {
    Path old = Files.writeString(directory.resolve("old"), "old");
    Path fresh = Files.writeString(directory.resolve("new"), "new");
    store.write("layers/a", old, Sha256.of(old));
    server.taken = 304;
    assertThatThrownBy(() -> store.write("layers/a", fresh, Sha256.of(fresh)))
        .isInstanceOf(TakenKeyException.class);
  }

  /** As OpenStack Swift does with conditional writes: the SDK sees no more than the status. */
  @Test
  void aRefusalWithoutABodyIsToldInWords() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "content");
    store.write("layers/a", file, Sha256.of(file));
    server.taken = 501;
    assertThatThrownBy(() -> store.write("layers/a", file, Sha256.of(file)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("could not write layers/a: 501 Not Implemented. Check it with");
  }

  @Test
  void anObjectIsReplacedInOneStepOrStays() throws Exception {
    Path old = Files.writeString(directory.resolve("old"), "old");
    Path fresh = Files.writeString(directory.resolve("new"), "new");
    store.write("layers/a", old, Sha256.of(old));
    assertThatThrownBy(() -> store.write("layers/a", fresh, Sha256.of(fresh)))
        .isInstanceOf(TakenKeyException.class);
    server.refusing = true;
    assertThatThrownBy(() -> store.replace("layers/a", fresh, Sha256.of(fresh)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("AccessDenied");
    assertThat(openFiles()).doesNotContain(fresh.toRealPath());
    assertThat(server.objects).containsEntry("regild/layers/a", "old".getBytes(UTF_8));
    server.refusing = false;
    store.replace("layers/a", fresh, Sha256.of(fresh));
    assertThat(store.find("layers/a").flatMap(StoredObject::sha256)).contains(Sha256.of(fresh));
    assertThat(server.objects).containsEntry("regild/layers/a", "new".getBytes(UTF_8));
  }

  /** Over plain http the SDK reads each body twice. */
  @Test
  void aFileThatWasWrittenIsNotOpenAnyMore() throws Exception {
    Path file = Files.write(directory.resolve("layer"), new byte[100_000]);
    store.write("layers/a", file, Sha256.of(file));
    assertThat(openFiles()).doesNotContain(file.toRealPath());
  }

  /** The call is made again, and the upload is not there any more. */
  @Test
  void anObjectIsWrittenThoughTheAnswerToItsLastCallIsLost() throws Exception {
    Path file = Files.write(directory.resolve("large"), new byte[100_000]);
    String sha256 = Sha256.of(file);
    try (ObjectStore inParts = server.store(1)) {
      inParts.write("layers/a", file, sha256);
      assertThat(store.find("layers/a").flatMap(StoredObject::sha256)).contains(sha256);
      inParts.replace("layers/a", file, sha256);
    }
    assertThat(store.find("layers/a").map(StoredObject::bytes)).contains(Files.size(file));
  }

  /** It has the size and the metadata of the good one. */
  @Test
  void aDamagedObjectIsNotTakenForItsRepair() throws Exception {
    byte[] content = new byte[100_000];
    Path file = Files.write(directory.resolve("large"), content);
    String sha256 = Sha256.of(file);
    store.write("layers/a", file, sha256);
    byte[] damaged = content.clone();
    damaged[99_999] = 1;
    server.objects.put("regild/layers/a", damaged);
    try (ObjectStore inParts = server.store(1)) {
      server.losing = true;
      assertThatThrownBy(() -> inParts.replace("layers/a", file, sha256))
          .isInstanceOf(MissingObjectException.class);
      assertThat(server.objects).containsEntry("regild/layers/a", damaged);
      server.losing = false;
      inParts.replace("layers/a", file, sha256);
      assertThat(server.objects).containsEntry("regild/layers/a", content);
    }
  }

  @Test
  void aTrialLeavesNothingInAStoreThatKeepsNoMetadata() throws Exception {
    server.forgetting = true;
    assertThat(new StoreTrial(store, directory).run())
        .singleElement()
        .extracting(StoreTrial.Outcome::problem)
        .asString()
        .contains("did not keep the metadata");
    assertThat(server.objects).isEmpty();
  }

  private static List<Path> openFiles() throws IOException {
    List<Path> open = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path each : all) {
        if (Files.exists(each)) {
          open.add(Files.readSymbolicLink(each));
        }
      }
    }
    return open;
  }
}
