package dev.regild.update.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.files.Sha256;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.LayerRecords;
import dev.regild.store.ContentStore;
import dev.regild.store.MemoryS3;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreException;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreCheck.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What must not go wrong in the upkeep of a store; {@link StoreUpkeepIT} has the rest. */
class StoreUpkeepTest {
  @TempDir Path data;
  private Database database;
  private MemoryS3 server;
  private ObjectStore objects;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    server = new MemoryS3();
    objects = server.store();
  }

  @AfterEach
  void close() {
    objects.close();
    server.close();
    database.close();
  }

  @Test
  void anObjectIsThereWhenItsRepairFails() throws Exception {
    Layer layer = known("a");
    byte[] damaged = new byte[100];
    server.objects.put(key(layer), damaged);
    Finding finding = new StoreCheck(database, objects).run(true).getFirst();
    assertThat(finding.problem()).isEqualTo(Problem.CHANGED);
    Files.move(data.resolve("a"), Files.createDirectory(data.resolve("cache")).resolve("a.qcow2"));
    StoreRepair repair = new StoreRepair(database, objects, data);
    server.refusing = true;
    assertThatThrownBy(() -> repair.repair(finding)).isInstanceOf(StoreException.class);
    assertThat(server.objects).containsEntry(key(layer), damaged);
    server.refusing = false;
    assertThat(repair.repair(finding)).isTrue();
    assertThat(new StoreCheck(database, objects).run(true)).isEmpty();
  }

  @Test
  void contentsAreRepairedFromWhateverTheNodeHas() throws Exception {
    ObjectRecord missing = content("packages/ab/abcd", "a package");
    ObjectRecord changed = content("snapshots/1234/Packages", "an index");
    ObjectRecord file = content("channels/win.catalogue/update.cab", "an update");
    ObjectRecord lost = content("packages/cd/cdef", "lost here too");
    Files.writeString(data.resolve("packages/cd/cdef"), "LOST here too");
    List.of(missing, file, lost).forEach(it -> server.objects.remove("regild/" + it.name()));
    server.objects.put("regild/" + changed.name(), new byte[(int) changed.bytes()]);
    StoreCheck check = new StoreCheck(database, objects);
    StoreRepair repair = new StoreRepair(database, objects, data);
    for (Finding finding : check.run(true)) {
      assertThat(repair.repair(finding))
          .as(finding.object())
          .isEqualTo(!finding.object().equals(lost.name()));
    }
    assertThat(check.run(true)).extracting(Finding::object).containsExactly(lost.name());
  }

  private ObjectRecord content(String path, String text) throws Exception {
    Files.createDirectories(data.resolve(path).resolveSibling(""));
    Path file = Files.writeString(data.resolve(path), text);
    ObjectRecord content = new ContentStore(database, objects).keep(file);
    database.useTransaction(handle -> ContentStore.record(handle, content));
    return content;
  }

  @Test
  void whatIsDeletedDuringACheckIsNotMissing() throws Exception {
    Layer deleted = known("a");
    Layer missing = known("b");
    server.objects.remove(key(deleted));
    server.objects.remove(key(missing));
    AtomicInteger statements = new AtomicInteger();
    afterEachStatement(() -> {
      // After the check has read which layers there are.
      if (statements.incrementAndGet() == 1) {
        database.useTransaction(handle -> handle.execute("DELETE FROM layer WHERE id = 'a'"));
      }
    });
    assertThat(new StoreCheck(database, objects).run(true))
        .extracting(Finding::object)
        .containsExactly(ObjectLayerStore.object(missing));
  }

  @Test
  void aDamagedLayerDoesNotKeepOthersFromBeingScrubbed() throws Exception {
    Layer damaged = known("a");
    var _ = known("b");
    var _ = known("c");
    server.objects.put(key(damaged), new byte[(int) damaged.bytes()]);
    StoreScrub scrub = new StoreScrub(database, objects, Duration.ofDays(30));
    // A round's share is one layer.
    assertThat(scrub.round(Duration.ofMinutes(30))).containsExactly(NeededObjects.object(damaged));
    assertThat(scrubbed()).containsExactly("b");
    assertThat(scrub.round(Duration.ofMinutes(30))).containsExactly(NeededObjects.object(damaged));
    assertThat(scrubbed()).containsExactly("b", "c");
    assertThat(scrub.round(Duration.ofMinutes(30))).containsExactly(NeededObjects.object(damaged));
  }

  private List<String> scrubbed() {
    return database.read(handle ->
        handle
            .createQuery("SELECT id FROM layer WHERE scrubbed > 0 ORDER BY id")
            .mapTo(String.class)
            .list());
  }

  @Test
  void anotherRegistryRemovesNothing() throws Exception {
    Layer layer = known("a");
    assertThat(garbage(database).collect().waiting()).isEmpty();
    try (Database other = TestDatabases.open(data.resolve("other.db"))) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> garbage(other).collect())
            .isInstanceOf(IOException.class)
            .hasMessageContaining("s3://images/regild belongs to another registry");
      }
    }
    assertThat(server.objects).containsKey(key(layer));
    database.useTransaction(handle -> handle.execute("DELETE FROM layer"));
    assertThat(garbage(database).collect().waiting()).hasSize(1);
    assertThat(garbage(database).collect().removed()).hasSize(1);
  }

  /** Each statement would keep the node's other transactions waiting. */
  @Test
  void manyRecordsTakeFewStatements() throws Exception {
    database.useTransaction(handle -> {
      for (int i = 0; i < 1_201; i++) {
        handle.execute(
            "INSERT INTO store_garbage (object, upload, seen) VALUES (?, '', 1)",
            "layers/gone-%d/1.qcow2".formatted(i));
      }
    });
    AtomicInteger statements = new AtomicInteger();
    afterEachStatement(statements::incrementAndGet);
    assertThat(garbage(database).collect().removed()).isEmpty();
    assertThat(statements).hasValueBetween(1, 50);
    assertThat(
            database.<Long, RuntimeException>read(handle ->
                handle.createQuery("SELECT COUNT(*) FROM store_garbage").mapTo(Long.class).one()))
        .isZero();
  }

  private void afterEachStatement(Runnable act) {
    database
        .jdbi()
        .setSqlLogger(
            new SqlLogger() {
              @Override
              public void logAfterExecution(StatementContext context) {
                act.run();
              }
            });
  }

  private StoreGarbage garbage(Database registry) {
    return new StoreGarbage(registry, objects, Duration.ZERO);
  }

  private static String key(Layer layer) {
    return "regild/" + ObjectLayerStore.object(layer);
  }

  private Layer known(String id) throws Exception {
    Layer layer = written(id);
    database.useTransaction(handle -> LayerRecords.insert(handle, layer));
    return layer;
  }

  private Layer written(String id) throws Exception {
    Path file = Files.writeString(data.resolve(id), "the content of " + id);
    Layer layer = new Layer(id, Optional.empty(), Files.size(file), 1 << 20, Sha256.of(file), 1);
    objects.write(ObjectLayerStore.object(layer), file, layer.sha256());
    return layer;
  }
}
