package dev.regild.update.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.account.MasterKey;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.files.Sha256;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.store.FaultyLink;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import dev.regild.store.StoredObject;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreCheck.Problem;
import dev.regild.update.store.StoreGarbage.Collected;
import dev.regild.update.store.StoreGarbage.Garbage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Garbage, checks, repairs and scrubbing of a real S3 server's objects. */
class StoreUpkeepIT {
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir static Path serverDirectory;
  private static S3Proxy server;

  @TempDir Path data;
  private final String prefix = UUID.randomUUID().toString();
  private Database database;
  private ObjectStore objects;

  @BeforeAll
  static void start() throws Exception {
    server = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    database = Database.open(data.resolve("regild.db"));
    objects = S3Proxy.store(server.endpoint(), prefix, StoreLimits.DEFAULT);
  }

  @AfterEach
  void close() {
    objects.close();
    database.close();
  }

  @Test
  void garbageIsWrittenDownFirstAndRemovedAfterItsGrace() throws Exception {
    Layer needed = known("needed");
    Layer orphan = written("orphan");
    Image image =
        Image.importing(
            new Owner("123456789012", "us-east-1"),
            "in-the-making",
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Instant.now());
    database.useTransaction(handle -> Images.insert(handle, image));
    Layer inFlight = written(image.id());
    // What a store that was killed leaves is none of ours.
    Files.write(server.file(prefix + "/" + ObjectLayerStore.object(needed) + "-1234"), new byte[3]);
    HalfUpload half = killedUpload("layers/killed/1.qcow2");
    Garbage object = new Garbage(ObjectLayerStore.object(orphan), "");
    Garbage upload = new Garbage(half.name(), half.id());

    Collected first = garbage(HOUR).collect();
    assertThat(first.waiting()).containsExactlyInAnyOrder(object, upload);
    assertThat(first.removed()).isEmpty();
    Collected second = garbage(HOUR).collect();
    assertThat(second.waiting()).containsExactlyInAnyOrder(object, upload);
    assertThat(second.removed()).isEmpty();
    Collected third = garbage(Duration.ZERO).collect();
    assertThat(third.removed()).containsExactlyInAnyOrder(object, upload);
    List<HalfUpload> halves = new ArrayList<>();
    objects.uploads().list("", halves::addAll);
    assertThat(halves).isEmpty();
    List<StoredObject> stored = new ArrayList<>();
    objects.list("layers/", stored::addAll);
    assertThat(stored)
        .extracting(StoredObject::name)
        .containsExactlyInAnyOrder(
            ObjectLayerStore.object(needed),
            ObjectLayerStore.object(needed) + "-1234",
            ObjectLayerStore.object(inFlight));
  }

  @Test
  void whatIsNeededAfterAllIsForgottenAsGarbage() throws Exception {
    Layer layer = written("late");
    assertThat(garbage(HOUR).collect().waiting()).hasSize(1);
    database.useTransaction(handle -> LayerRecords.insert(handle, layer));
    Collected collected = garbage(Duration.ZERO).collect();
    assertThat(collected.removed()).isEmpty();
    assertThat(objects.find(ObjectLayerStore.object(layer))).isPresent();
    // Its grace begins again.
    database.useTransaction(handle -> handle.execute("DELETE FROM layer"));
    assertThat(garbage(HOUR).collect().waiting()).hasSize(1);
  }

  @Test
  void oneNodeAtATimeHasTheTurn() {
    assertThat(StoreUpkeep.isOurTurn(database, "garbage", HOUR)).isTrue();
    assertThat(StoreUpkeep.isOurTurn(database, "garbage", HOUR)).isFalse();
    assertThat(StoreUpkeep.isOurTurn(database, "scrub", HOUR)).isTrue();
    assertThat(StoreUpkeep.isOurTurn(database, "garbage", Duration.ZERO)).isTrue();
  }

  @Test
  void aScrubReadsEachObjectOnceAPeriodAndFindsWhatWasChanged() throws Exception {
    Layer good = known("good");
    Layer bad = known("bad");
    change(bad);
    StoreScrub scrub = new StoreScrub(database, objects, Duration.ofDays(30));
    assertThat(scrub.round(Duration.ofDays(30))).containsExactly(NeededObjects.object(bad));
    // The good one is not due again; the bad one stays the first until it is repaired.
    Files.delete(file(good));
    assertThat(scrub.round(Duration.ofDays(30))).containsExactly(NeededObjects.object(bad));
  }

  @Test
  void aCheckListsWhatIsMissingChangedAndOrphanedAndRepairsWhatItHasACopyOf() throws Exception {
    MasterKey.load(data.resolve("master.key"), Optional.empty());
    Layer missing = known("missing");
    Layer lost = known("lost");
    Layer changed = known("changed");
    Layer orphan = written("orphan");
    HalfUpload half = killedUpload("layers/half/1.qcow2");
    var _ = known("fine");
    Path cache = Files.createDirectories(data.resolve("cache"));
    Files.copy(file(missing), cache.resolve("missing.qcow2"));
    Files.copy(file(changed), cache.resolve("changed.qcow2"));
    Files.write(cache.resolve("lost.qcow2"), new byte[(int) lost.bytes()]);
    Files.delete(file(missing));
    Files.delete(file(lost));
    change(changed);

    assertThat(new StoreCheck(database, objects).run(true))
        .extracting(Finding::problem, Finding::object)
        .containsExactlyInAnyOrder(
            tuple(Problem.MISSING, ObjectLayerStore.object(missing)),
            tuple(Problem.MISSING, ObjectLayerStore.object(lost)),
            tuple(Problem.CHANGED, ObjectLayerStore.object(changed)),
            tuple(Problem.ORPHANED, ObjectLayerStore.object(orphan)),
            tuple(Problem.ORPHANED, half.name()));

    String repair = regild(1, "store", "check", "--data", data.toString(), "--repair");
    assertThat(repair)
        .containsPattern("layers/missing/1.qcow2 +repaired")
        .containsPattern("layers/changed/1.qcow2 +repaired")
        .containsPattern("layers/lost/1.qcow2 +MISSING")
        .containsPattern("layers/orphan/1.qcow2 +ORPHANED")
        .containsPattern("layers/half/1.qcow2 +ORPHANED +an upload that nobody will finish")
        .doesNotContain("fine");
    assertThat(new StoreCheck(database, objects).run(true))
        .extracting(Finding::object)
        .containsExactlyInAnyOrder(
            ObjectLayerStore.object(lost), ObjectLayerStore.object(orphan), half.name());
    database.useTransaction(handle -> handle.execute("DELETE FROM layer WHERE id = ?", lost.id()));
    // Both were written down by the repair; as if that had been long enough ago.
    database.useTransaction(handle -> handle.execute("UPDATE store_garbage SET seen = 0"));
    assertThat(regild(0, "store", "check", "--data", data.toString(), "--quick", "--repair"))
        .containsPattern("layers/orphan/1.qcow2 +repaired")
        .containsPattern("layers/half/1.qcow2 +repaired");
    assertThat(regild(0, "store", "check", "--data", data.toString(), "--quick"))
        .contains("The store and the registry agree.");
  }

  @Test
  void doctorTriesWhatTheStoreCanDo() throws Exception {
    assertThat(regild(0, "doctor", "--store"))
        .containsPattern("refuse to overwrite it +ok")
        .containsPattern("refuse to overwrite it in parts +ok")
        .containsPattern("list and remove unfinished uploads +ok")
        .containsPattern("delete objects +ok");
    assertThat(server.files(prefix)).isEmpty();
    try (FaultyLink link = new FaultyLink(server.port())) {
      link.set(new FaultyLink.Fault.Answers(403, "AccessDenied", "Access Denied."));
      Files.writeString(
          data.resolve("regild.yaml"),
          "store: s3://images/%s\nstore.endpoint: %s\n".formatted(prefix, link.endpoint()));
      assertThat(run(1, "doctor", "--store", "--config", data.resolve("regild.yaml").toString()))
          .contains("! write an object: The store s3://images/" + prefix)
          .contains("403 AccessDenied: Access Denied.");
    }
  }

  private String regild(int status, String... arguments) throws Exception {
    Path config =
        Files.writeString(
            data.resolve("regild.yaml"),
            "store: s3://images/%s\nstore.endpoint: %s\n".formatted(prefix, server.endpoint()));
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--config";
    all[arguments.length + 1] = config.toString();
    return run(status, all);
  }

  private static String run(int status, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    assertThat(Regild.run(new PrintWriter(out, true), new PrintWriter(errors, true), arguments))
        .as("%s%s", out, errors)
        .isEqualTo(status);
    return out.toString();
  }

  private StoreGarbage garbage(Duration grace) {
    return new StoreGarbage(database, objects, grace);
  }

  private Layer known(String id) throws Exception {
    Layer layer = written(id);
    database.useTransaction(handle -> LayerRecords.insert(handle, layer));
    return layer;
  }

  private Layer written(String id) throws Exception {
    byte[] content = new byte[5000];
    new Random(id.hashCode()).nextBytes(content);
    Path file = Files.write(data.resolve(id), content);
    Layer layer = new Layer(id, Optional.empty(), content.length, 1 << 20, Sha256.of(content), 1);
    objects.write(ObjectLayerStore.object(layer), file, layer.sha256());
    return layer;
  }

  /** An upload whose client never came to its end. */
  private HalfUpload killedUpload(String name) {
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(server.endpoint())
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .httpClient(UrlConnectionHttpClient.create())
            .build()) {
      return new HalfUpload(
          name,
          client
              .createMultipartUpload(r -> r.bucket(S3Proxy.BUCKET).key(prefix + "/" + name))
              .uploadId());
    }
  }

  private Path file(Layer layer) {
    return server.file(prefix + "/" + ObjectLayerStore.object(layer));
  }

  private void change(Layer layer) throws Exception {
    byte[] content = Files.readAllBytes(file(layer));
    content[100] ^= 1;
    Files.write(file(layer), content);
  }
}
