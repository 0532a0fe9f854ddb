package dev.regild.update;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.MasterKey;
import dev.regild.account.SigningKeys;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fetch.PackageFile;
import dev.regild.files.Sha256;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.RpmPackages;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.Registry;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.ExportStatements;
import dev.regild.insight.provenance.ResourceDescriptor;
import dev.regild.insight.provenance.Statements;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.rpm.RpmSource;
import dev.regild.servicing.Isolation;
import dev.regild.update.steps.CheckDisk;
import dev.regild.update.steps.Import;
import dev.regild.update.steps.Update;
import dev.regild.windows.catalogue.CatalogueSource;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the statements of updates and imports say; the snapshot is of a real signed repository. */
@EachDatabase
class AttestationsTest {
  private static final Map<String, String> VERSIONS =
      Map.of("regild", "1", "qemu", "7.2.22", "libguestfs", "1.48.6");
  private static final UpdatePlan PLAN =
      new UpdatePlan(
          List.of(new Change(ChangeKind.OS, "bash\u001b[2J", "amd64", "5.1-1", "5.2-1")));

  @TempDir Path directory;
  @AutoClose private Registry registry;
  private SigningKeys keys;
  private Attestations attestations;

  @BeforeEach
  void open() throws Exception {
    registry = new Registry(directory);
    keys =
        new SigningKeys(
            registry.database,
            MasterKey.load(directory.resolve("master.key"), Optional.empty()),
            Clock.systemUTC());
    var _ = keys.firstStart();
    attestations =
        new Attestations(keys, registry.inventories, Isolation.NAMESPACE, Clock.systemUTC());
  }

  @Test
  void anUpdateNamesAllThatItWasMadeOfAndWhoAsked() throws Exception {
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(directory.resolve("repository")))) {
      Deb bash = new Deb("bash", "5.2-1");
      repository.publish(key, Map.of(), List.of(bash));
      ChannelStore channels = new ChannelStore(directory, Clock.systemUTC());
      channels.add(new Channel("test", "DEBIAN_12", List.of(repository.source(key))));
      channels.refresh("test");
      Snapshot snapshot = channels.current("test").orElseThrow();
      String uri = repository.uri() + "/pool/main/bash/bash_5.2-1_amd64.deb";
      PackageFile fetched = snapshot.packageFiles(Set.of(uri)).values().iterator().next();
      PackageFile withPassword =
          new PackageFile(
              URI.create("https://user:s3cret@repo.example:8443/agent.deb?token=s3cret"),
              "agent_1_all.deb",
              1,
              "e".repeat(128));

      Image base = registry.available(Registry.ALICE, "golden");
      Image made = registry.updating(base, "golden-2");
      registry.database.useTransaction(
          handle -> handle.execute("UPDATE update_run SET asked_by = 'AKIAEXAMPLE'"));
      String layer = UUID.randomUUID().toString();
      Update update = update(made, base, snapshot);
      registry.database.useTransaction(handle -> {
        publish(handle, made, new Layer(layer, layerOf(base), 1, 1, "a".repeat(64), 1));
        UpdateRecord record = registry.updates.findById(handle, made.id()).orElseThrow();
        attestations.ofUpdate(handle, VERSIONS, record, update, List.of(fetched, withPassword));
      });

      String text = statement(made);
      assertThat(text).doesNotContain("s3cret").doesNotContain("\u001b");
      JsonNode statement = JsonMapper.shared().readTree(text);
      assertThat(digests(statement.path("subject"))).containsExactly("a".repeat(64), "abc");
      JsonNode definition = statement.at("/predicate/buildDefinition");
      assertThat(definition.path("buildType").asString()).endsWith("/update/v1");
      assertThat(definition.at("/externalParameters/existingImage").asString())
          .isEqualTo(base.arn());
      assertThat(definition.at("/externalParameters/newImage").asString()).isEqualTo(made.arn());
      assertThat(definition.at("/internalParameters/askedBy/accessKey").asString())
          .isEqualTo("AKIAEXAMPLE");
      assertThat(definition.at("/internalParameters/askedBy/account").asString())
          .isEqualTo("111111111111");

      JsonNode madeOf = definition.path("resolvedDependencies");
      assertThat(digests(madeOf)).contains("abc", snapshot.digest());
      byte[] release = Files.readAllBytes(repository.root.resolve("dists/stable/InRelease"));
      assertThat(madeOf.valueStream().filter(each -> digest(each).equals(Sha256.of(release))))
          .as("the signed Release, byte by byte")
          .singleElement()
          .satisfies(
              each -> assertThat(each.at("/annotations/kind").asString()).isEqualTo("RELEASE"));
      JsonNode ofBash = named(madeOf, "package/bash_5.2-1_amd64.deb");
      assertThat(digest(ofBash)).isEqualTo(Sha256.of(bash.content()));
      assertThat(ofBash.path("uri").asString()).isEqualTo(uri);
      JsonNode agent = named(madeOf, "package/agent_1_all.deb");
      assertThat(agent.at("/digest/sha512").asString()).isEqualTo("e".repeat(128));
      assertThat(agent.path("uri").asString()).isEqualTo("https://repo.example:8443/agent.deb");

      JsonNode run = statement.at("/predicate/runDetails");
      assertThat(run.at("/builder/id").asString()).endsWith("/builder/namespace");
      assertThat(run.at("/builder/version/qemu").asString()).isEqualTo("7.2.22");
      assertThat(run.at("/metadata/invocationId").asString()).isEqualTo(made.id());
      JsonNode byproducts = run.path("byproducts");
      JsonNode plan = content(named(byproducts, "plan.json"));
      assertThat(plan.at("/changes/0/name").asString()).isEqualTo("bash\u001b[2J");
      assertThat(content(named(byproducts, "qualification.json")).path("kernel").asString())
          .isEqualTo("6.1.0-40-amd64");
      assertThat(named(byproducts, "sbom.cyclonedx.json").path("mediaType").asString())
          .isEqualTo("application/vnd.cyclonedx+json");
    }
  }

  /** What a snapshot of rpms is made of is named like that of apt, with the signed repomd.xml. */
  @Test
  void anUpdateOfRpmsNamesTheSignedRepomd() throws Exception {
    RpmPackages.assumeTools();
    TestKey key = TestKey.simple();
    RpmPackages.build(directory, "alpha", "2", "1.0", "1.el8");
    Path root = directory.resolve("RPMS");
    RpmPackages.index(root, 1_700_000_000);
    Path repomd = root.resolve("repodata/repomd.xml");
    Files.write(repomd.resolveSibling("repomd.xml.asc"), key.detached(Files.readAllBytes(repomd)));
    try (TestRepository repository = new TestRepository(root)) {
      JsonNode madeOf =
          dependencies(
              new Channel(
                  "rocky",
                  "ROCKY_LINUX8",
                  List.of(new RpmSource(repository.uri(), "x86_64", key.armored()))));
      assertThat(digests(madeOf)).contains(Sha256.of(repomd));
      assertThat(madeOf.valueStream().map(each -> each.at("/annotations/kind").asString("")))
          .contains("PACKAGES");
    }
  }

  @Test
  void anUpdateOfWindowsNamesTheCatalogue() throws Exception {
    JsonNode madeOf =
        dependencies(
            new Channel("windows", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64"))));
    assertThat(madeOf.valueStream().map(each -> each.at("/annotations/kind").asString("")))
        .contains("CATALOGUE");
  }

  /** Returns what a statement of an update to a channel's snapshot depends on. */
  private JsonNode dependencies(Channel channel) throws Exception {
    ChannelStore channels = new ChannelStore(directory.resolve("data"), Clock.systemUTC());
    channels.add(channel);
    channels.refresh(channel.name());
    Snapshot snapshot = channels.current(channel.name()).orElseThrow();
    Image base = registry.available(Registry.ALICE, "golden");
    Image made = registry.updating(base, "golden-2");
    Update update = update(made, base, snapshot);
    registry.database.useTransaction(handle -> {
      publish(
          handle,
          made,
          new Layer(UUID.randomUUID().toString(), layerOf(base), 1, 1, "a".repeat(64), 1));
      UpdateRecord record = registry.updates.findById(handle, made.id()).orElseThrow();
      attestations.ofUpdate(handle, VERSIONS, record, update, List.of());
    });
    JsonNode madeOf =
        JsonMapper.shared()
            .readTree(statement(made))
            .at("/predicate/buildDefinition/resolvedDependencies");
    assertThat(digest(named(madeOf, "snapshot"))).isEqualTo(snapshot.digest());
    return madeOf;
  }

  @Test
  void anImportNamesTheDiskAsItWasSent() throws Exception {
    Image image =
        Image.importing(
            Registry.ALICE, "new", Optional.empty(), Optional.empty(), List.of(), Instant.EPOCH);
    CheckDisk.Checked disk =
        new CheckDisk.Checked(
            new Import(image, "ami-1", true),
            Path.of("disk"),
            DiskFormat.VMDK,
            "b".repeat(64),
            Optional.of(
                new UploadedDisk.Packed(
                    "ova", 1, "c".repeat(64), Optional.empty(), Optional.empty())));
    registry.database.useTransaction(handle -> {
      Images.insert(handle, image);
      publish(
          handle,
          image,
          new Layer(UUID.randomUUID().toString(), Optional.empty(), 1, 1, "a".repeat(64), 1));
      attestations.ofImport(handle, VERSIONS, "", disk);
    });
    JsonNode statement = JsonMapper.shared().readTree(statement(image));
    assertThat(digests(statement.path("subject"))).containsExactly("a".repeat(64));
    JsonNode definition = statement.at("/predicate/buildDefinition");
    assertThat(definition.at("/externalParameters/disk").asString()).isEqualTo("ami-1");
    assertThat(digests(definition.path("resolvedDependencies")))
        .containsExactly("b".repeat(64), "c".repeat(64));
    assertThat(definition.at("/internalParameters/askedBy").has("accessKey"))
        .as("nobody signed the request")
        .isFalse();
    assertThat(statement.at("/predicate/runDetails/builder/id").asString()).endsWith("/builder/vm");
  }

  @Test
  void aKeyThatMayOnlyReadPushesOutNoExportOfOthers() {
    Image image = registry.available(Registry.ALICE, "golden");
    Attestations.Exported exported =
        registry.read(handle -> attestations.exported(handle, image.id()));
    registry.database.useTransaction(handle -> {
      export(handle, "111111111111", false, exported, 1000);
      // What another key asked for stays, even if one that may only read asks for it too.
      export(handle, "111111111111", true, exported, 1000);
      for (int i = 0; i <= 100; i++) {
        export(handle, "111111111111", true, exported, i);
        handle.execute("UPDATE export_statement SET created = created - 1000");
      }
    });
    assertThat(exportOf("111111111111", 1000)).isPresent();
    Envelope envelope = Envelope.parse(exportOf("111111111111", 100).orElseThrow().envelope());
    assertThat(
            JsonMapper.shared()
                .readTree(envelope.payload())
                .at("/predicate/buildDefinition/internalParameters/askedBy")
                .toString())
        .isEqualTo("{\"account\":\"111111111111\",\"accessKey\":\"KEY\"}");
    assertThat(exportOf("111111111111", 0)).as("more than a hundred of readers").isEmpty();
    assertThat(exportOf("111111111111", 100)).isPresent();
  }

  /** Each download of a disk in another format makes one, also with a key that may only read. */
  @Test
  void theNewestHundredExportsOfAnAccountAreKept() {
    Image image = registry.available(Registry.ALICE, "golden");
    Attestations.Exported exported =
        registry.read(handle -> attestations.exported(handle, image.id()));
    for (int i = 0; i < 103; i++) {
      int number = i;
      registry.database.useTransaction(handle -> {
        export(handle, "111111111111", exported, number);
        // One a second.
        handle.execute(
            "UPDATE export_statement SET created = created - 1000 WHERE account_id ="
                + " '111111111111'");
        if (number == 0) {
          export(handle, "222222222222", exported, number);
        }
      });
    }
    assertThat(exportOf("111111111111", 2)).as("more than a hundred").isEmpty();
    ExportStatements.Beside oldest = exportOf("111111111111", 3).orElseThrow();
    assertThat(exportOf("111111111111", 102)).isPresent();
    assertThat(exportOf("222222222222", 0)).as("of another account").isPresent();
    JsonNode statement = JsonMapper.shared().readTree(Envelope.parse(oldest.envelope()).payload());
    assertThat(digest(named(byproducts(statement), "sbom.cyclonedx.json")))
        .isEqualTo(Sha256.of(oldest.bill()));
  }

  @Test
  void aNewExportStaysWhereTheClockWasSetBack() {
    Image image = registry.available(Registry.ALICE, "golden");
    Attestations.Exported exported =
        registry.read(handle -> attestations.exported(handle, image.id()));
    for (int i = 0; i <= 101; i++) {
      int number = i;
      registry.database.useTransaction(handle -> {
        export(handle, "111111111111", exported, number);
        handle.execute("UPDATE export_statement SET created = created + 1000000");
      });
    }
    assertThat(exportOf("111111111111", 101)).isPresent();
  }

  @Test
  void aHugeBillOfMaterialsIsNotStored() {
    registry.database.useTransaction(handle -> {
      ExportStatements.put(
          handle,
          "111111111111",
          false,
          sha256(1),
          "golden",
          new byte[] {1},
          ExportStatements.packed(new byte[8 << 20]));
      ExportStatements.put(
          handle,
          "111111111111",
          false,
          sha256(2),
          "golden",
          new byte[] {1},
          ExportStatements.packed(new byte[(8 << 20) + 1]));
    });
    assertThat(exportOf("111111111111", 1).orElseThrow().bill()).hasSize(8 << 20);
    assertThat(exportOf("111111111111", 2).orElseThrow().bill()).isEmpty();
  }

  private void export(Handle handle, String account, Attestations.Exported exported, int number) {
    export(handle, account, false, exported, number);
  }

  private void export(
      Handle handle, String account, boolean readOnly, Attestations.Exported exported, int number) {
    attestations.ofExport(
        handle,
        VERSIONS,
        new Attestations.Asker(account, "KEY", readOnly),
        exported,
        "golden.vmdk",
        sha256(number));
  }

  private Optional<ExportStatements.Beside> exportOf(String account, int number) {
    return registry.read(handle -> ExportStatements.find(handle, account, sha256(number)));
  }

  private static String sha256(int number) {
    return "%064x".formatted(number);
  }

  private static JsonNode byproducts(JsonNode statement) {
    return statement.at("/predicate/runDetails/byproducts");
  }

  /** A plan of any length is named; past a limit it is not repeated. */
  @Test
  void aLargePlanIsNamedByItsHashAlone() {
    byte[] large = ("\"" + "x".repeat(300 << 10) + "\"").getBytes(UTF_8);
    var named = ResourceDescriptor.ofJson("plan.json", large);
    assertThat(named.content()).isEmpty();
    assertThat(named.hash()).isEqualTo(Sha256.of(large));
  }

  private Update update(Image made, Image base, Snapshot snapshot) {
    ImageDisk disk = base.disk().orElseThrow();
    return new Update(
        made, base, disk, inventory(base), PLAN, UpdateOptions.NONE, snapshot, directory);
  }

  private Inventory inventory(Image image) {
    return registry.inventories.load(image.disk().orElseThrow().inventory());
  }

  private static Optional<String> layerOf(Image image) {
    return image.disk().map(ImageDisk::layer);
  }

  private void publish(Handle handle, Image image, Layer layer) {
    LayerRecords.insert(handle, layer);
    Inventory inventory =
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian", "12." + layer.id()), "amd64", List.of());
    Images.publish(
        handle,
        image,
        new PublishedDisk(
            new ImageDisk(
                layer.id(),
                // Stored by this transaction: nobody else can read it yet.
                registry.inventories.store(handle, inventory),
                new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
            "DEBIAN_12",
            Optional.empty(),
            Optional.of(new Qualification("6.1.0-40-amd64", "running", List.of()))));
  }

  /** The newest statement of an image, whose signature is good. */
  private String statement(Image image) {
    Envelope envelope =
        Envelope.parse(
            registry
                .<Optional<Statements.Kept>>read(handle -> Statements.newest(handle, image.id()))
                .orElseThrow()
                .envelope());
    assertThat(envelope.isSignedBy(keys.list().getFirst().publicKey())).isTrue();
    return new String(envelope.payload(), UTF_8);
  }

  private static List<String> digests(JsonNode descriptors) {
    List<String> digests = new ArrayList<>();
    descriptors.forEach(each -> digests.add(digest(each)));
    return digests;
  }

  private static String digest(JsonNode descriptor) {
    return descriptor.path("digest").valueStream().findFirst().orElseThrow().asString("");
  }

  private static JsonNode named(JsonNode descriptors, String name) {
    return descriptors
        .valueStream()
        .filter(each -> each.path("name").asString("").equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode content(JsonNode descriptor) {
    byte[] content = Base64.getDecoder().decode(descriptor.path("content").asString(""));
    assertThat(digest(descriptor)).isEqualTo(Sha256.of(content));
    return JsonMapper.shared().readTree(content);
  }
}
