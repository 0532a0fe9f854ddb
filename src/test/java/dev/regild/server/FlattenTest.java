package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.layers.Layer;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Flattening;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.machine.Program;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chains of real layers that become one, by the command line and the job. */
@EachDatabase
class FlattenTest {
  private static final String REGION = "us-east-1";
  private static final int BYTES = 4 << 20;

  @TempDir Path directory;

  private ServerFixture server;

  @BeforeEach
  void start() throws Exception {
    server = new ServerFixture(directory);
    server.writeCredentials();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anImageStandsOnOneLayerAndWhatStandsOnItKeepsWorking() throws Exception {
    List<String> chain = chain(5);
    image("first", chain.get(0));
    Image flat = image("flat", chain.get(3));
    image("copy", chain.get(3));
    image("next", chain.get(4));
    Path before = raw(chain.get(3));
    Path next = raw(chain.get(4));

    assertThat(run(0, "flatten", "flat"))
        .isEqualTo(
            "flat is being flattened: 4 layers become one. Cancel it with: ./regild cancel flat\n");
    assertThat(run(1, "flatten", "copy"))
        .as("one job moves all that stand on the layer")
        .contains(
            "The image copy is already being flattened, or another image on the same layer is.");
    runJob(flat);
    String merged = layer("flat");
    assertThat(layer("copy")).isEqualTo(merged).isNotEqualTo(chain.get(3));
    List<Layer> standing = server.database.read(handle -> LayerRecords.chain(handle, merged));
    assertThat(standing).hasSize(1);
    assertThat(raw(merged)).hasSameBinaryContentAs(before);
    assertThat(raw(layer("next"))).hasSameBinaryContentAs(next);
    assertThat(server.layers().ids()).contains(merged).containsAll(chain);
    assertThat(run(0, "show", "flat")).contains("AVAILABLE");
    assertThat(get("/regild/v1/images/flat/flatten"))
        .contains("\"status\":\"SUCCEEDED\"", "\"Merge\"", "\"Compare\"", "4 layers as one of ");
    assertThat(run(0, "flatten", "flat"))
        .isEqualTo("flat has one layer: there is nothing to flatten.\n");

    delete("next");
    assertThat(server.layers().ids())
        .as("the first image's layer and the new one are left")
        .containsExactlyInAnyOrder(chain.get(0), merged);
    assertThat(directory.resolve("work")).isEmptyDirectory();
  }

  @Test
  void layersStayAsLongAsAnUpdateMayReadThem() throws Exception {
    List<String> chain = chain(3);
    Image flat = image("flat", chain.get(2));
    run(0, "update", "flat", "flat-updated");
    run(0, "flatten", "flat");
    runJob(flat);
    assertThat(server.layers().ids()).hasSize(4).containsAll(chain);
    server.fail(
        server.database.read(
            handle -> Images.require(handle, server.owner(REGION), "flat-updated")));
    server.flattenings(0).removeRetired();
    assertThat(server.layers().ids()).containsExactly(layer("flat"));
  }

  @Test
  void aFlatteningThatIsCancelledLeavesTheImageAsItWas() throws Exception {
    List<String> chain = chain(3);
    Image flat = image("flat", chain.get(2));
    run(0, "flatten", "flat");
    assertThat(run(1, "flatten", "flat")).contains("The image flat is already being flattened");
    assertThat(run(1, "delete", "flat"))
        .contains("is being updated, copied, exported or flattened.");
    assertThat(run(0, "cancel", "flat")).isEqualTo("Cancelled flat, which is AVAILABLE now.\n");
    runJob(flat);
    assertThat(layer("flat")).isEqualTo(chain.get(2));
    assertThat(server.layers().ids()).containsExactlyInAnyOrderElementsOf(chain);
    assertThat(get("/regild/v1/images/flat/flatten")).contains("The flattening was cancelled.");
    assertThat(run(1, "cancel", "flat")).contains("The image flat is AVAILABLE");
    assertThat(run(0, "flatten", "flat")).contains("3 layers become one");
  }

  @Test
  void aFlatteningThatWasCutShortAfterItPublishedStartsOver() throws Exception {
    Image flat = image("flat", chain(3).get(2));
    run(0, "flatten", "flat");
    Path before = raw(layer("flat"));
    String id = flattening(flat).id();
    Files.writeString(directory.resolve("layers").resolve(id + ".qcow2"), "an earlier attempt's");
    runJob(flat);
    assertThat(raw(layer("flat"))).hasSameBinaryContentAs(before);
    assertThat(server.layers().ids()).containsExactly(id);
  }

  @Test
  void aChainThatCannotBeReadStaysAndTheFailureSaysWhy() throws Exception {
    List<String> chain = chain(3);
    Image flat = image("flat", chain.get(2));
    run(0, "flatten", "flat");
    Files.delete(directory.resolve("layers").resolve(chain.get(0) + ".qcow2"));
    runJob(flat);
    assertThat(flattening(flat).state()).isEqualTo(Flattening.State.FAILED);
    assertThat(flattening(flat).failure().orElseThrow()).contains(chain.get(0));
    assertThat(layer("flat")).isEqualTo(chain.get(2));
    assertThat(server.layers().ids()).containsExactlyInAnyOrderElementsOf(chain.subList(1, 3));
    delete("flat");
    Optional<Flattening> left =
        server.database.read(handle -> Flattenings.findOf(handle, flat.id()));
    assertThat(left).isEmpty();
  }

  @Test
  void whatIsNotThereOrNotFinishedIsNotFlattened() throws Exception {
    image("flat", chain(2).get(1));
    run(0, "update", "flat", "unfinished");
    assertThat(run(1, "flatten", "none")).contains("ResourceNotFoundException");
    assertThat(run(1, "flatten", "unfinished"))
        .contains("The image unfinished is PENDING; only an AVAILABLE image can be flattened.");
    assertThat(
            server.send(server.readOnlyKey, "POST", "/regild/v1/images/flat/flatten").statusCode())
        .isEqualTo(403);
    assertThat(get("/regild/v1/images/flat/flatten")).contains("has not been flattened");
  }

  /** The ids of so many layers, each on the one before it, each with something of its own. */
  private List<String> chain(int depth) throws Exception {
    List<String> chain = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      Optional<String> base = chain.isEmpty() ? Optional.empty() : Optional.of(chain.getLast());
      String id = UUID.randomUUID().toString();
      Path file = Files.createDirectories(directory.resolve("made")).resolve(id + ".qcow2");
      if (base.isEmpty()) {
        QemuImg.create(file, DiskFormat.QCOW2, BYTES);
      } else {
        QemuImg.createOverlay(file(base.get()), file);
      }
      String write = "write -P %d %dk 300k".formatted(i + 1, i * 200);
      Program.of(List.of("qemu-io", "-f", "qcow2", "-c", write, file.toString())).run();
      Layer layer = server.layers().publish(id, 1, file, base);
      server.database.useTransaction(handle -> LayerRecords.insert(handle, layer));
      chain.add(id);
    }
    return chain;
  }

  private Path file(String layer) {
    return directory.resolve("layers").resolve(layer + ".qcow2");
  }

  private Image image(String name, String layer) throws Exception {
    Image image = server.golden(REGION, name);
    server.database.useTransaction(handle ->
        handle
            .createUpdate("UPDATE image SET layer_id = :layer WHERE id = :id")
            .bind("layer", layer)
            .bind("id", image.id())
            .execute());
    return image;
  }

  private String layer(String name) {
    return server
        .database
        .read(handle -> Images.require(handle, server.owner(REGION), name))
        .disk()
        .orElseThrow()
        .layer();
  }

  /** What a guest sees of a layer. */
  private Path raw(String layer) throws Exception {
    Path raw = Files.createTempFile(directory, "disk", ".raw");
    QemuImg.convert(file(layer), DiskFormat.QCOW2, raw, DiskFormat.RAW, _ -> {});
    return raw;
  }

  private Flattening flattening(Image image) {
    return server.database.read(handle -> Flattenings.findOf(handle, image.id())).orElseThrow();
  }

  private void runJob(Image image) throws Exception {
    server.flattenJob().run(flattening(image).id(), server.lease(flattening(image).id()));
  }

  private void delete(String name) throws Exception {
    Image image =
        server.database.inTransaction(handle ->
            Images.startDeleting(handle, Images.requireOwned(handle, server.owner(REGION), name)));
    assertThat(image.state()).isEqualTo(ImageState.DELETING);
    for (Layer layer : server.database.inTransaction(handle -> Images.remove(handle, image))) {
      server.layers().delete(layer.id());
    }
  }

  private String get(String path) throws Exception {
    return new String(server.send(server.key, "GET", path).body(), UTF_8);
  }

  private String run(int status, String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--endpoint", server.uri("").toString(), "--data", directory.toString()));
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, all.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }
}
