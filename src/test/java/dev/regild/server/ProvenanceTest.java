package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.PublicSigningKey;
import dev.regild.cli.Regild;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.layers.Layer;
import dev.regild.files.Sha256;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.ResourceDescriptor;
import dev.regild.insight.provenance.Statement;
import dev.regild.insight.provenance.Statement.BuildType;
import dev.regild.insight.provenance.Statements;
import dev.regild.machine.Program;
import dev.regild.update.CopyRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Signed statements of images whose layers are real, over HTTP and by the command line. */
@ExtendWith(RunningServer.class)
@EachDatabase
class ProvenanceTest {
  private static final String REGION = "us-east-1";
  private static final Pattern SHELL = Pattern.compile("(?s)```sh\n(.*?)```");

  private ServerFixture server;
  private CommandLineOf commands;

  @BeforeEach
  void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
  }

  @Test
  void aStatementVerifiesAndSaysWhatWasChecked() throws Exception {
    List<Layer> chain = imageOnLayers("golden", 2);
    copy("golden", "copy");
    String key = server.signingKeys.list().getFirst().publicKey().id();
    assertThat(commands.run(0, "verify", "copy"))
        .contains("signature  good, by the key " + key + " (as the server has it)")
        .contains("copy/v1")
        .contains("layers     2, read again by the server")
        .contains(chain.get(0).sha256(), chain.get(1).sha256());

    assertThat(commands.run(0, "show", "copy"))
        .containsPattern("statements +1 \\(to check the newest: regild verify copy\\)")
        .containsPattern("packages +1\n");
    assertThat(commands.run(0, "show", "golden")).doesNotContain("statements");

    HttpResponse<byte[]> answer = get(server.key, "copy/provenance");
    assertThat(answer.headers().firstValue("content-type"))
        .contains("application/vnd.in-toto.provenance+dsse");
    assertThat(answer.headers().firstValue("x-regild-statement")).contains("1");
    JsonNode statement = payload(answer.body());
    assertThat(statement.path("_type").asString()).isEqualTo("https://in-toto.io/Statement/v1");
    assertThat(statement.path("predicateType").asString())
        .isEqualTo("https://slsa.dev/provenance/v1");
    assertThat(statement.path("subject").valueStream().map(ProvenanceTest::sha256))
        .containsExactly(chain.get(1).sha256(), chain.get(0).sha256());
    JsonNode bill = named(statement.at("/predicate/runDetails/byproducts"), "sbom.cyclonedx.json");
    assertThat(sha256(bill))
        .as("the bill of materials is the one that the server answers with")
        .isEqualTo(Sha256.of(get(server.key, "copy/sbom").body()));
    assertThat(get(server.readOnlyKey, "copy/provenance").body()).isEqualTo(answer.body());
  }

  @Test
  void anImageOfBeforeHasNoStatementAndTheErrorSaysSo() throws Exception {
    imageOnLayers("golden", 1);
    assertThat(commands.run(1, "verify", "golden"))
        .contains("The image golden has no signed statement: it was made before")
        .contains("Update it");
    assertThat(get(server.key, "golden/provenance").statusCode()).isEqualTo(404);
    assertThat(commands.run(1, "provenance", "none")).contains("none");
    commands.run(0, "update", "golden", "unfinished");
    assertThat(commands.run(1, "provenance", "unfinished"))
        .contains("The image unfinished is PENDING and has no signed statement.");
    copy("golden", "copy");
    assertThat(text(get(server.key, "copy/provenance?number=2")))
        .contains("The image copy has no statement 2. Its statements have the numbers 1 to 1.");
    assertThat(text(get(server.key, "copy/provenance?number=x"))).contains("'x'");
  }

  @Test
  void aFlattenedImageHasAStatementOfItsNewLayerAndKeepsTheOld() throws Exception {
    List<Layer> chain = imageOnLayers("golden", 3);
    copy("golden", "copy");
    byte[] before = get(server.key, "copy/provenance").body();
    commands.run(0, "flatten", "golden");
    String id =
        server
            .database
            .read(handle -> Flattenings.findOf(handle, image("golden").id()))
            .orElseThrow()
            .id();
    server.flattenJob().run(id, server.lease(id));
    for (String name : List.of("golden", "copy")) {
      assertThat(commands.run(0, "verify", name)).contains("flatten/v1", "layers     1,");
    }
    JsonNode statement = payload(get(server.key, "copy/provenance").body());
    JsonNode made = statement.at("/predicate/buildDefinition/resolvedDependencies");
    assertThat(made.valueStream().map(ProvenanceTest::sha256).toList())
        .containsExactly(
            chain.get(2).sha256(), chain.get(1).sha256(), chain.get(0).sha256(), Sha256.of(before));
    assertThat(get(server.key, "copy/provenance?number=1").body()).isEqualTo(before);
    copy("copy", "later");
    assertThat(commands.run(0, "verify", "later")).contains("copy/v1", "layers     1,");
    assertThat(get(server.key, "later/provenance?number=1").body()).isEqualTo(before);
  }

  @Test
  void whatWasChangedDoesNotVerify() throws Exception {
    List<Layer> chain = imageOnLayers("golden", 2);
    copy("golden", "copy");
    byte[] signed = get(server.key, "copy/provenance").body();
    Image copy = image("copy");
    String forged = new String(Envelope.parse(signed).payload(), UTF_8).replace("copy", "kopy");
    replaceStatement(copy, withPayload(signed, forged));
    assertThat(commands.run(1, "verify", "copy"))
        .contains("The statement of copy was not signed by the key");

    replaceStatement(copy, statement(ResourceDescriptor.of("layer/x", "1".repeat(64))));
    assertThat(commands.run(1, "verify", "copy"))
        .contains("The statement of copy does not name its layer " + chain.get(1).id());
    replaceStatement(
        copy,
        statement(
            ResourceDescriptor.of("a", chain.get(0).sha256()),
            ResourceDescriptor.of("b", chain.get(1).sha256()),
            ResourceDescriptor.of("c", "1".repeat(64))));
    assertThat(commands.run(1, "verify", "copy"))
        .contains("The statement of copy names layers that the image does not have.");

    replaceStatement(copy, Envelope.parse(signed));
    Path file = server.data.resolve("layers").resolve(chain.getFirst().id() + ".qcow2");
    byte[] content = Files.readAllBytes(file);
    content[content.length - 1] ^= 1;
    Files.delete(file);
    Files.write(file, content);
    assertThat(commands.run(1, "verify", "copy"))
        .contains("The layer " + chain.getFirst().id() + " of copy does not have its SHA-256");
    Files.delete(file);
    assertThat(commands.run(1, "verify", "copy"))
        .contains("The layer " + chain.getFirst().id() + " of copy does not have its SHA-256");
  }

  @Test
  void anOlderKeyVerifiesWhatItSignedAndAForeignOneNothing() throws Exception {
    imageOnLayers("golden", 1);
    copy("golden", "old");
    String old = server.signingKeys.list().getFirst().publicKey().id();
    assertThat(local("signing-key", "list")).contains(old + "  SIGNS");
    String rotated = local("signing-key", "rotate").strip();
    copy("golden", "new");
    assertThat(local("signing-key", "list")).contains(rotated + "  SIGNS", old + "  VERIFIES");
    assertThat(commands.run(0, "verify", "old")).contains("by the key " + old);
    assertThat(commands.run(0, "verify", "new")).contains("by the key " + rotated);

    Path pem = Files.writeString(server.data.resolve("old.pem"), local("signing-key", "show", old));
    assertThat(commands.run(0, "verify", "old", "--key", pem.toString())).contains("of " + pem);
    assertThat(commands.run(1, "verify", "new", "--key", pem.toString()))
        .contains("The statement of new was not signed by the key " + old);
    assertThat(commands.run(1, "verify", "new", "--key", server.data.resolve("credentials") + ""))
        .contains("credentials is not a public key of Regild");
    JsonNode keys =
        JsonMapper.shared()
            .readTree(server.send(server.key, "GET", "/regild/v1/keys/signing").body())
            .path("keys");
    assertThat(keys.valueStream().map(each -> each.path("id").asString()))
        .containsExactly(rotated, old);
    assertThat(PublicSigningKey.ofPem(keys.at("/1/pem").asString()).id()).isEqualTo(old);

    server.database.useTransaction(handle -> handle.execute("DELETE FROM signing_key"));
    assertThat(commands.run(1, "verify", "old"))
        .contains("The server does not have the key " + old);
  }

  /** The statement and the outcome are one transaction. */
  @Test
  void anImageWhoseStatementCannotBeSignedIsNotAvailable() throws Exception {
    imageOnLayers("golden", 1);
    copy("golden", "first");
    server.database.useTransaction(handle -> handle.execute("DELETE FROM signing_key"));
    copy("golden", "second");
    Image second = image("second");
    assertThat(second.state()).isEqualTo(ImageState.FAILED);
    assertThat(second.stateChangeReason().orElseThrow().message())
        .contains("There is no signing key", "regild signing-key rotate");
    Optional<Statements.Kept> none =
        server.database.read(handle -> Statements.newest(handle, second.id()));
    assertThat(none).as("not even those of its source").isEmpty();
  }

  /** The commands are those of the document, and nothing of ours runs. */
  @Test
  void opensslVerifiesAStatementAsTheDocumentSays() throws Exception {
    imageOnLayers("golden", 1);
    copy("golden", "copy");
    Path directory = Files.createDirectory(server.data.resolve("check"));
    commands.run(
        0,
        "provenance",
        "copy",
        "--output",
        directory.resolve("golden.json").toString(),
        "--key-output",
        directory.resolve("regild.pem").toString());
    assertThat(directory.resolve("golden.json"))
        .hasBinaryContent(get(server.key, "copy/provenance").body());
    Matcher document = SHELL.matcher(Files.readString(Path.of("docs/insight.md")));
    assertThat(document.find()).isTrue();
    String script = "set -eu; cd \"$1\"; " + document.group(1).strip();
    Program check = Program.of("sh", "-c", script, "sh", directory.toString());
    assertThat(check.run()).contains("Signature Verified Successfully");
    assertThat(JsonMapper.shared().readTree(directory.resolve("payload").toFile()).path("_type"))
        .hasToString("\"https://in-toto.io/Statement/v1\"");

    var _ = server.signingKeys.rotate();
    Files.writeString(
        directory.resolve("regild.pem"), server.signingKeys.list().getFirst().publicKey().pem());
    assertThat(Program.of("sh", "-c", script + " || echo refused", "sh", directory + "").run())
        .contains("refused")
        .doesNotContain("Verified Successfully");
  }

  @Test
  void namesOfPackagesCannotWriteToTheTerminal() throws Exception {
    imageOnLayers("golden", 1);
    copy("golden", "copy");
    String layer = image("copy").disk().orElseThrow().layer();
    String sha256 =
        server.database.read(handle -> LayerRecords.find(handle, layer)).orElseThrow().sha256();
    replaceStatement(
        image("copy"),
        statement(ResourceDescriptor.of("package/\u001b[2Jevil\u009b\u202e.deb", sha256)));
    assertThat(commands.run(0, "provenance", "copy", "--decode"))
        .contains("package/?[2Jevil??.deb")
        .doesNotContain("\u001b", "\u009b", "\u202e");
    assertThat(commands.run(0, "verify", "copy")).doesNotContain("\u001b", "\u009b");
  }

  @Test
  void strangersAndOtherAccountsSeeNothing() throws Exception {
    imageOnLayers("golden", 1);
    copy("golden", "copy");
    AccessKey other = server.accounts.createKey(server.accounts.create("other"), false);
    AccessKey unknown = AccessKey.generate(server.account, false);
    for (String path : List.of("copy/provenance", "copy/layers")) {
      assertThat(get(other, path).statusCode()).as(path).isEqualTo(404);
      assertThat(get(unknown, path).statusCode()).as(path).isEqualTo(403);
    }
    assertThat(server.send(unknown, "GET", "/regild/v1/keys/signing").statusCode()).isEqualTo(403);
    assertThat(server.send(other, "GET", "/regild/v1/keys/signing").statusCode()).isEqualTo(200);
  }

  /** An image as an older version left it: its layers are in the store, and it has no statement. */
  private List<Layer> imageOnLayers(String name, int depth) throws Exception {
    List<Layer> chain = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      String id = UUID.randomUUID().toString();
      Path file = Files.createDirectories(server.data.resolve("made")).resolve(id + ".qcow2");
      Optional<String> base = Optional.empty();
      if (chain.isEmpty()) {
        QemuImg.create(file, DiskFormat.QCOW2, 4 << 20);
      } else {
        base = Optional.of(chain.getLast().id());
        QemuImg.createOverlay(server.data.resolve("layers").resolve(base.get() + ".qcow2"), file);
      }
      String write = "write -P %d %dk 100k".formatted(i + 1, i * 200);
      Program.of(List.of("qemu-io", "-f", "qcow2", "-c", write, file.toString())).run();
      Layer layer = server.layers().publish(id, 1, file, base);
      server.database.useTransaction(handle -> LayerRecords.insert(handle, layer));
      chain.add(layer);
    }
    Image image = server.golden(REGION, name);
    server.database.useTransaction(handle ->
        handle
            .createUpdate("UPDATE image SET layer_id = :layer WHERE id = :id")
            .bind("layer", chain.getLast().id())
            .bind("id", image.id())
            .execute());
    return chain;
  }

  private void copy(String from, String to) throws Exception {
    Image copy =
        server
            .copies()
            .copy(
                new CopyRequest(
                    server.owner(REGION), from, server.owner(REGION), to, Optional.empty()));
    server.copyJob().run(copy.id(), server.lease(copy.id()));
  }

  private Image image(String name) {
    return server.database.read(handle -> Images.require(handle, server.owner(REGION), name));
  }

  private Envelope statement(ResourceDescriptor... subject) {
    Statement statement =
        new Statement(
            List.of(subject),
            BuildType.UPDATE,
            Map.of(),
            Map.of(),
            List.of(),
            new Statement.Builder("vm", Map.of("regild", "1\u001b[31m")),
            new Statement.Run("run", Instant.EPOCH, Instant.EPOCH),
            List.of());
    return Envelope.sign(statement.json(), server.database.read(server.signingKeys::current));
  }

  private void replaceStatement(Image image, Envelope envelope) {
    server.database.useTransaction(handle -> {
      handle.execute("DELETE FROM statement WHERE image_id = ?", image.id());
      Statements.add(handle, image.id(), envelope);
    });
  }

  private static Envelope withPayload(byte[] envelope, String payload) {
    String base64 = Base64.getEncoder().encodeToString(payload.getBytes(UTF_8));
    String json =
        new String(envelope, UTF_8)
            .replaceFirst("\"payload\":\"[^\"]*\"", "\"payload\":\"" + base64 + "\"");
    return Envelope.parse(json.getBytes(UTF_8));
  }

  /** A command that works on the registry itself. */
  private String local(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--data", server.data.toString()));
    TestDatabases.url(server.data.resolve("regild.db"))
        .ifPresent(url -> all.addAll(List.of("--database", url)));
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, all.toArray(String[]::new))).as(said::toString).isZero();
    return said.toString();
  }

  private HttpResponse<byte[]> get(AccessKey caller, String path)
      throws IOException, InterruptedException {
    return server.send(caller, "GET", "/regild/v1/images/" + path);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), UTF_8);
  }

  private static JsonNode payload(byte[] envelope) {
    return JsonMapper.shared().readTree(Envelope.parse(envelope).payload());
  }

  private static String sha256(JsonNode descriptor) {
    return descriptor.at("/digest/sha256").asString("");
  }

  private static JsonNode named(JsonNode descriptors, String name) {
    return descriptors
        .valueStream()
        .filter(each -> each.path("name").asString("").equals(name))
        .findFirst()
        .orElseThrow();
  }
}
