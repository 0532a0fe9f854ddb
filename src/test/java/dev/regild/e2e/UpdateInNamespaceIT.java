package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.regild.account.PublicSigningKey;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.GoldenImage;
import dev.regild.disk.ByteCount;
import dev.regild.files.Sha256;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.TraceCollector;
import dev.regild.fixtures.TraceCollector.Span;
import dev.regild.insight.provenance.Envelope;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.servicing.Guest;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.ApplicationConfig;
import software.amazon.awssdk.services.appstream.model.CreateUpdatedImageRequest;
import software.amazon.awssdk.services.appstream.model.CreateUpdatedImageResponse;
import software.amazon.awssdk.services.appstream.model.DynamicAppProvidersEnabled;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageBuilder;
import software.amazon.awssdk.services.appstream.model.ImageSharedWithOthers;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ImageType;
import software.amazon.awssdk.services.appstream.model.LatestAppstreamAgentVersion;
import software.amazon.awssdk.services.appstream.model.ResourceAlreadyExistsException;
import software.amazon.awssdk.services.appstream.model.ResourceInUseException;
import software.amazon.awssdk.services.appstream.model.VisibilityType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The main job on a real Debian 12, with the isolation {@code namespace}: an out-of-date image is
 * asked about, updated and booted once; each test looks at another side of what came of it, and
 * compares it with its base file by file.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class UpdateInNamespaceIT {
  private static final String BASE = "golden";
  private static final String UPDATED = "golden-updated";
  private static final String SIBLING = "golden-sibling";
  private static final Map<String, String> TAGS = Map.of("Team", "Desktops", "Ring", "canary");
  private static final List<String> STEPS =
      List.of("Prepare", "Resolve", "Fetch", "Apply", "Verify", "Seal", "Qualify", "Publish");

  /** As apt prints them: {@code name/suite,suite version arch [upgradable from: version]}. */
  private static final Pattern UPGRADABLE =
      Pattern.compile("(\\S+)/\\S+ (\\S+) \\S+ \\[upgradable from: (\\S+)]");

  /** Another content of its conffile than version 1.0.0 has, so that dpkg has to choose. */
  private static final AgentPackage AGENT =
      Fixtures.NEW_AGENT.withConfiguration("sessions=2\nthreads=4\n");

  @TempDir static Path directory;

  private static LocalServer server;
  private static AppStreamClient client;
  private static SignedHttp http;
  private static TraceCollector collector;
  private static Made made;

  /**
   * An update that was made, with what was seen before, meanwhile and afterwards. The tests only
   * look at it.
   *
   * @param base the existing image, AVAILABLE
   * @param baseSha256 of its layer
   * @param before what was on its disk
   * @param upgradable what its own apt called upgradable
   * @param plan what an update was said to change
   * @param asked when the update was asked for
   * @param answered when its call was answered
   * @param pending the new image as the call answered it
   * @param meanwhile what happened while the update ran
   * @param updated the new image when the update had ended
   */
  private record Made(
      Image base,
      String baseSha256,
      GuestTree before,
      Set<String> upgradable,
      JsonNode plan,
      Instant asked,
      Instant answered,
      Image pending,
      Meanwhile meanwhile,
      Image updated) {}

  /**
   * While the update ran.
   *
   * @param builder the image builder
   * @param again what a second update of that name was answered with
   * @param deleted what the deletion of the existing image was answered with
   * @param states each state that the image and its builder were seen in
   * @param events of the stream
   */
  private record Meanwhile(
      ImageBuilder builder,
      Throwable again,
      Throwable deleted,
      Set<String> states,
      List<String> events) {}

  @BeforeAll
  static void updateAnImageThatIsOutOfDate() throws Exception {
    collector = new TraceCollector();
    Path data = directory.resolve("data");
    Path disk = OwnersDisk.make(directory);
    server =
        LocalServer.start(
            data,
            Fixtures.agentRepository(directory.resolve("agent"), GoldenImage.AGENT, AGENT),
            // What is known before the update and after it is compared here.
            Map.of("prefetch", "off", "traces.endpoint", collector.address().toString()));
    client = server.client();
    http = server.http();
    String diskId = http.post("/regild/v1/disks", disk).path("diskId").asString();
    assertThat(diskId).matches("ami-[0-9a-f]{17}");
    Files.delete(disk);
    client.createImportedImage(r ->
        r.name(BASE)
            .displayName("Golden image")
            .description("Made in January")
            .sourceAmiId(diskId)
            .iamRoleArn("arn:aws:iam::123456789012:role/import")
            .tags(Map.of("stage", "golden"))
            .appCatalogConfig(
                List.of(
                    ApplicationConfig.builder()
                        .name("less")
                        .displayName("Less")
                        .absoluteAppPath("/usr/bin/less")
                        .build())));
    Image base = await(BASE);
    assertThat(base.state()).as(base.toString()).isEqualTo(ImageState.AVAILABLE);
    String baseSha256 = sha256(server.layer(base.arn()));
    JsonNode plan = http.post("/regild/v1/plan", "{\"image\":\"" + BASE + "\"}");
    GuestTree before;
    Set<String> upgradable;
    try (Guest guest = server.open(base.arn(), directory.resolve("look-at-base"))) {
      before = GuestTree.read(guest);
      upgradable = upgradable(guest);
    }
    made = update(base, baseSha256, before, upgradable, plan);
  }

  /** Each package as {@code name from to}. */
  private static Set<String> upgradable(Guest guest) throws Exception {
    guest.upload(server.snapshot().directory(), "snapshot");
    guest.run("mkdir", "/run/regild/cache");
    String listed =
        guest.run(
            "apt",
            "-o",
            "Dir::State::Lists=/run/regild/snapshot",
            "-o",
            "Dir::Etc::SourceList=/run/regild/snapshot/sources.list",
            "-o",
            "Dir::Etc::SourceParts=/dev/null",
            "-o",
            "Dir::Cache=/run/regild/cache",
            "list",
            "--upgradable");
    Set<String> upgradable = new LinkedHashSet<>();
    for (String line : listed.lines().toList()) {
      Matcher matcher = UPGRADABLE.matcher(line);
      if (matcher.matches()) {
        upgradable.add("%s %s %s".formatted(matcher.group(1), matcher.group(3), matcher.group(2)));
      }
    }
    return upgradable;
  }

  private static Made update(
      Image base, String baseSha256, GuestTree before, Set<String> upgradable, JsonNode plan)
      throws Exception {
    Instant asked = Instant.now();
    Image pending = client.createUpdatedImage(request(UPDATED, false)).image();
    Instant answered = Instant.now();
    Set<String> states = new LinkedHashSet<>();
    try (ExecutorService listener = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<List<String>> stream =
          CompletableFuture.supplyAsync(UpdateInNamespaceIT::eventsToTheEnd, listener);
      ImageBuilder builder = client.describeImageBuilders(r -> {}).imageBuilders().getFirst();
      Throwable again = catchThrowable(() -> client.createUpdatedImage(request(UPDATED, false)));
      Throwable deleted = catchThrowable(() -> client.deleteImage(r -> r.name(BASE)));
      Image updated = watch(UPDATED, states);
      return new Made(
          base,
          baseSha256,
          before,
          upgradable,
          plan,
          asked,
          answered,
          pending,
          new Meanwhile(builder, again, deleted, states, stream.get(5, TimeUnit.MINUTES)),
          updated);
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      client.close();
      server.close();
    }
    if (collector != null) {
      collector.close();
    }
  }

  /** Spans are sent some seconds after they end. */
  @Test
  @Timeout(60)
  void theUpdateIsATraceWithASpanForEachStep() throws Exception {
    Optional<Span> ended = Optional.empty();
    while (ended.isEmpty()) {
      Thread.sleep(100);
      ended = collector.spans().stream().filter(span -> span.name().equals("update")).findFirst();
    }
    Span update = ended.get();
    assertThat(collector.spans())
        .filteredOn(span -> span.parent().equals(update.id()))
        .allMatch(span -> span.trace().equals(update.trace()) && !span.failed())
        .extracting(Span::name)
        .containsExactlyElementsOf(STEPS);
    assertThat(update.failed()).isFalse();
    assertThat(collector.text()).contains(UPDATED);
  }

  @Test
  void thePlanIsWhatTheGuestsAptCallsUpgradable() {
    JsonNode plan = made.plan();
    List<String> ours =
        changes(plan).stream()
            .map(change -> "%s %s %s".formatted(change.name(), change.from(), change.to()))
            .toList();
    assertThat(ours).hasSizeGreaterThan(3).containsExactlyInAnyOrderElementsOf(made.upgradable());
    assertThat(plan.path("upToDate").asBoolean()).isFalse();
    assertThat(changes(plan))
        .contains(new Change(ChangeKind.AGENT, AgentPackage.NAME, "all", "1.0.0", AGENT.version()))
        .anySatisfy(change -> {
          assertThat(change.kind()).isEqualTo(ChangeKind.DRIVER);
          assertThat(change.name()).startsWith("linux-image-");
        });
  }

  /** The agent of the tests has no changelog, as many a vendor's package. */
  @Test
  void whatTheUpdateFixedIsSaidAndTheNextPlanKnowsIt() throws Exception {
    assertThat(made.plan().at("/cves/unknown").isEmpty())
        .as("before anything was read: %s", made.plan().path("cves"))
        .isFalse();
    JsonNode fixed = http.get("/regild/v1/images/" + UPDATED).path("cves");
    assertThat(fixed.path("kernel").asInt()).isGreaterThan(100);
    assertThat(fixed.path("fixed").asInt()).isPositive();
    assertThat(fixed.path("unknown").valueStream().map(JsonNode::asString))
        .containsExactly(AgentPackage.NAME);
    JsonNode plan = http.post("/regild/v1/plan", "{\"image\":\"%s\"}".formatted(BASE));
    assertThat(plan.at("/cves/kernel")).isEqualTo(fixed.path("kernel"));
    assertThat(plan.at("/cves/fixed")).isEqualTo(fixed.path("fixed"));
    assertThat(plan.at("/cves/unknown")).isEqualTo(fixed.path("unknown"));
    JsonNode difference = http.get("/regild/v1/images/%s/diff?with=%s".formatted(BASE, UPDATED));
    assertThat(difference.path("packages")).hasSizeGreaterThan(3);
    assertThat(difference.path("cves")).isEqualTo(fixed);
    System.out.printf("CVEs fixed: %s, kernel: %s%n", fixed.path("fixed"), fixed.path("kernel"));
  }

  /** Of an update that ran for real: its layers, its packages, and its bill of materials. */
  @Test
  void theStatementOfThePublishedImageVerifies() throws Exception {
    String path = "/regild/v1/images/" + UPDATED;
    Envelope envelope =
        Envelope.parse(JsonMapper.shared().writeValueAsBytes(http.get(path + "/provenance")));
    String pem = http.get("/regild/v1/keys/signing").at("/keys/0/pem").asString();
    assertThat(envelope.isSignedBy(PublicSigningKey.ofPem(pem))).isTrue();
    JsonNode statement = JsonMapper.shared().readTree(envelope.payload());
    assertThat(statement.path("subject").valueStream().map(UpdateInNamespaceIT::hash))
        .containsExactly(sha256(server.layer(made.updated().arn())), made.baseSha256());
    JsonNode madeOf = statement.at("/predicate/buildDefinition/resolvedDependencies");
    assertThat(madeOf.valueStream().map(each -> each.path("name").asString()))
        .anyMatch(name -> name.startsWith("package/linux-image-"))
        .anyMatch(name -> name.startsWith("statement/" + BASE));
    assertThat(madeOf.valueStream().map(each -> each.at("/annotations/kind").asString("")))
        .contains("RELEASE");
    assertThat(statement.at("/predicate/runDetails/builder/version/qemu").asString())
        .matches("[0-9.]+.*");
    JsonNode bill = http.get(path + "/sbom");
    assertThat(
            statement
                .at("/predicate/runDetails/byproducts")
                .valueStream()
                .map(UpdateInNamespaceIT::hash))
        .contains(Sha256.of(JsonMapper.shared().writeValueAsBytes(bill)));
    assertThat(http.get(path + "/layers").path("layers").valueStream())
        .hasSize(2)
        .allMatch(layer -> layer.path("intact").asBoolean());
  }

  private static String hash(JsonNode descriptor) {
    return descriptor.at("/digest/sha256").asString("");
  }

  @Test
  void aDryRunWritesNothing() {
    List<Image> images = client.describeImages(r -> {}).images();
    CreateUpdatedImageResponse answer = client.createUpdatedImage(request("golden-dry", true));
    assertThat(answer.canUpdateImage()).isTrue();
    assertThat(answer.image()).isEqualTo(made.base());
    assertThat(client.describeImages(r -> {}).images()).isEqualTo(images);
    assertThat(client.describeImageBuilders(r -> {}).imageBuilders()).isEmpty();
    assertThatThrownBy(() -> http.get("/regild/v1/updates/golden-dry"))
        .hasMessageContaining("ResourceNotFoundException");
  }

  @Test
  void theUpdateGoesItsWayAndIsSeenOnIt() {
    Image pending = made.pending();
    assertThat(pending.state()).isEqualTo(ImageState.PENDING);
    assertNewImage(pending, GoldenImage.AGENT.version());
    assertThat(pending.latestAppstreamAgentVersion()).as("of an image without a disk").isNull();
    assertThat(pending.createdTime()).isBetween(made.asked().minusMillis(1), made.answered());
    assertBuilder(made.meanwhile().builder());
    assertThat(made.meanwhile().states())
        .as("%s", made.updated())
        .containsExactly(
            "PENDING, builder [UPDATING]",
            "VALIDATING, builder [PENDING_QUALIFICATION]",
            "AVAILABLE, builder []");
    List<String> events = made.meanwhile().events();
    JsonNode last = JsonMapper.shared().readTree(events.getLast());
    assertThat(events).hasSizeGreaterThan(STEPS.size());
    assertThat(last.path("status").asString()).isEqualTo("SUCCEEDED");
    assertThat(last.path("imageState").asString()).isEqualTo("AVAILABLE");
  }

  @Test
  void whileItRunsItsNameIsTakenAndItsBaseIsInUse() {
    assertThat(made.meanwhile().again())
        .isInstanceOf(ResourceAlreadyExistsException.class)
        .hasMessageContaining(UPDATED);
    assertThat(made.meanwhile().deleted())
        .isInstanceOf(ResourceInUseException.class)
        .hasMessageContaining(BASE);
  }

  @Test
  void theNewImageIsAsTheApiPromises() throws Exception {
    assertThat(made.updated().state()).isEqualTo(ImageState.AVAILABLE);
    assertNewImage(made.updated(), AGENT.version());
    assertThat(made.updated().latestAppstreamAgentVersion())
        .isEqualTo(LatestAppstreamAgentVersion.TRUE);
    assertThat(client.listTagsForResource(r -> r.resourceArn(made.updated().arn())).tags())
        .isEqualTo(TAGS);
    assertThat(client.describeImages(r -> r.names(BASE)).images()).containsExactly(made.base());
    assertThat(sha256(server.layer(made.base().arn()))).isEqualTo(made.baseSha256());
    assertThat(server.unfinished()).isEmpty();
  }

  @Test
  void everyStepIsRecorded() throws Exception {
    JsonNode update = http.get("/regild/v1/updates/" + UPDATED);
    assertThat(update.path("status").asString()).isEqualTo("SUCCEEDED");
    assertThat(update.path("existingImage").asString()).isEqualTo(BASE);
    assertThat(update.path("attempt").asInt()).isEqualTo(1);
    assertThat(update.path("snapshot").asString()).isEqualTo(server.snapshot().digest());
    assertThat(update.at("/plan/changes")).isEqualTo(made.plan().path("changes"));
    assertThat(update.at("/plan/keptBack").isEmpty()).isTrue();
    assertThat(update.at("/plan/others").valueStream().map(each -> each.path("kind").asString()))
        .as("what comes new by dependency, such as the kernel itself")
        .isNotEmpty()
        .containsOnly("ADDED");
    assertThat(update.path("steps").valueStream().map(step -> step.path("name").asString()))
        .containsExactlyElementsOf(STEPS);
    Instant earlier = Instant.parse(update.path("created").asString());
    for (JsonNode step : update.path("steps")) {
      Instant started = Instant.parse(step.path("started").asString());
      Instant ended = Instant.parse(step.path("ended").asString());
      System.out.printf(
          "%-8s %6d ms  %s%n",
          step.path("name").asString(),
          Duration.between(started, ended).toMillis(),
          step.path("detail").asString());
      assertThat(step.path("status").asString()).isEqualTo("DONE");
      assertThat(step.path("progress").asDouble()).isEqualTo(1);
      assertThat(started).isAfterOrEqualTo(earlier);
      assertThat(ended).isAfterOrEqualTo(started);
      earlier = ended;
    }
    assertThat(Instant.parse(update.path("ended").asString())).isAfterOrEqualTo(earlier);
  }

  @Test
  void itBootedWithTheNewKernel() throws Exception {
    JsonNode image = http.get("/regild/v1/images/" + UPDATED);
    Change kernel =
        changes(made.plan()).stream()
            .filter(change -> change.name().equals("linux-image-cloud-amd64"))
            .findFirst()
            .orElseThrow();
    String release = image.at("/qualification/kernel").asString();
    assertThat(made.before().entries()).doesNotContainKey("/boot/vmlinuz-" + release);
    assertThat(detail(UPDATED, "Resolve")).contains("+linux-image-" + release + " " + kernel.to());
    assertThat(image.at("/qualification/systemState").asString()).isEqualTo("running");
    assertThat(image.at("/qualification/failedUnits")).isEmpty();
  }

  @Test
  void theNewLayerIsASmallDelta() throws Exception {
    Matcher detail =
        Pattern.compile("([0-9.]+ MiB), of an overlay of ([0-9.]+) MiB")
            .matcher(detail(UPDATED, "Publish"));
    assertThat(detail.matches()).isTrue();
    Path layer = server.layer(made.updated().arn());
    long delta = Files.size(layer);
    long overlay = (long) (Double.parseDouble(detail.group(2)) * (1 << 20));
    assertThat(ByteCount.text(delta)).isEqualTo(detail.group(1));
    assertThat(Files.getPosixFilePermissions(layer)).hasToString("[OWNER_READ]");
    assertThat(100 * delta / overlay).as("%d of %d bytes", delta, overlay).isLessThanOrEqualTo(40);
    JsonNode shown = http.get("/regild/v1/images/" + UPDATED).path("layer");
    assertThat(shown.path("sha256").asString()).isEqualTo(sha256(layer));
  }

  @Test
  void everyChangedFileIsAccountedFor() throws Exception {
    try (Guest guest = server.open(made.updated().arn(), directory.resolve("look-at-updated"));
        Guest old = server.open(made.base().arn(), directory.resolve("look-at-base-again"))) {
      GuestTree after = GuestTree.read(guest);
      Set<String> packages = TreeDifferences.changedPackages(made.before(), after);
      assertThat(packages)
          .containsAll(changes(made.plan()).stream().map(Change::name).toList())
          .contains(AgentPackage.NAME);
      Set<String> owned = TreeDifferences.owned(guest, after, packages);
      owned.addAll(TreeDifferences.owned(old, made.before(), packages));
      assertThat(TreeDifferences.unaccounted(made.before(), after, owned)).isEmpty();

      OwnersDisk.FILES.forEach((path, content) -> {
        assertThat(after.entries().get(path)).as(path).isEqualTo(made.before().entries().get(path));
      });
      for (Map.Entry<String, String> file : OwnersDisk.FILES.entrySet()) {
        assertThat(new String(guest.read(file.getKey()), UTF_8))
            .as(file.getKey())
            .isEqualTo(file.getValue());
      }
      assertThat(made.before().entries().keySet())
          .anyMatch(path -> path.startsWith("/etc/ssh/ssh_host_"));
      assertThat(TreeDifferences.changed(made.before(), after))
          .noneMatch(path -> path.startsWith("/etc/ssh/ssh_host_"))
          .noneMatch(path -> path.startsWith("/etc/apt/"))
          .filteredOn(path -> path.contains("regild"))
          .allMatch(path -> path.contains(AgentPackage.NAME));
      assertThat(guest.exists(AgentPackage.CONFFILE + ".dpkg-dist")).isTrue();
    }
  }

  @Test
  void thereIsNothingLeftToUpdate() {
    List<Image> images = client.describeImages(r -> {}).images();
    CreateUpdatedImageResponse answer =
        client.createUpdatedImage(r -> r.existingImageName(UPDATED).newImageName("golden-3"));
    assertThat(answer.canUpdateImage()).isFalse();
    assertThat(answer.image()).isEqualTo(made.updated());
    assertThat(client.describeImages(r -> {}).images()).isEqualTo(images);
    assertThat(client.describeImageBuilders(r -> {}).imageBuilders()).isEmpty();
  }

  /** The call that Regild began with, as the users of boto3 write it. */
  @Test
  void boto3UpdatesASiblingWhichDownloadsNothing() throws Exception {
    String said =
        Python.run(
            directory,
            BOTO3,
            server.endpoint().toString(),
            server.key().accessKeyId(),
            server.key().secretAccessKey(),
            LocalServer.REGION);
    assertThat(said).isEqualTo("as promised\n");
    Image sibling = await(SIBLING);
    assertThat(sibling.state()).as(sibling.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(detail(SIBLING, "Fetch"))
        .matches("\\d+ packages, [0-9.]+ MiB, 0 B downloaded; CVEs fixed: \\d+, .*");
    assertThat(sha256(server.layer(made.base().arn()))).isEqualTo(made.baseSha256());
  }

  private static final String BOTO3 =
      """
      import boto3, datetime, sys
      endpoint, key, secret, region = sys.argv[1:]
      client = boto3.client("appstream", endpoint_url=endpoint, region_name=region,
          aws_access_key_id=key, aws_secret_access_key=secret)

      def update(dry_run):
          answer = client.create_updated_image(
              existingImageName="golden", newImageName="golden-sibling",
              newImageDescription="Renewed by boto3", newImageDisplayName="Sibling",
              newImageTags={"Team": "Desktops"}, dryRun=dry_run)
          metadata = answer.pop("ResponseMetadata")
          assert metadata["HTTPStatusCode"] == 200 and metadata["RequestId"], metadata
          assert set(answer) == {"image", "canUpdateImage"}, answer
          assert answer["canUpdateImage"] is True, answer
          return answer["image"]

      golden, = client.describe_images(Names=["golden"])["Images"]
      arn = golden["Arn"]
      assert arn.startswith("arn:aws:appstream:" + region + ":"), arn
      assert arn.endswith(":image/golden"), arn
      created, released = golden["CreatedTime"], golden["PublicBaseImageReleasedDate"]
      assert isinstance(created, datetime.datetime) and isinstance(released, datetime.datetime)
      expected = {
          "Name": "golden", "Arn": arn, "DisplayName": "Golden image", "State": "AVAILABLE",
          "Visibility": "PRIVATE", "ImageBuilderSupported": True, "Platform": "DEBIAN_12",
          "Description": "Made in January",
          "Applications": golden["Applications"],
          "CreatedTime": created, "PublicBaseImageReleasedDate": released,
          "AppstreamAgentVersion": "1.0.0", "LatestAppstreamAgentVersion": "FALSE",
          "ImagePermissions": {"allowFleet": True, "allowImageBuilder": True},
          "ImageErrors": [], "SupportedInstanceFamilies": ["GENERAL_PURPOSE"],
          "DynamicAppProvidersEnabled": "DISABLED", "ImageSharedWithOthers": "FALSE",
          "ManagedSoftwareIncluded": False, "ImageType": "CUSTOM"}
      # An old boto3 does not know, and so does not show, the members that came after it.
      known = client.meta.service_model.shape_for("Image").members
      expected = {name: value for name, value in expected.items() if name in known}
      application, = golden["Applications"]
      assert application["Name"] == "less" and application["DisplayName"] == "Less", application
      assert golden == expected, (golden, expected)

      names = {i["Name"] for i in client.describe_images()["Images"]}
      assert update(True) == golden
      assert {i["Name"] for i in client.describe_images()["Images"]} == names

      sibling = update(False)
      assert sibling.pop("CreatedTime") > created, sibling
      expected.pop("CreatedTime")
      expected.pop("LatestAppstreamAgentVersion", None)
      expected.update({
          "Name": "golden-sibling", "Arn": arn + "-sibling", "BaseImageArn": arn,
          "DisplayName": "Sibling", "Description": "Renewed by boto3", "State": "PENDING"})
      assert sibling == expected, (sibling, expected)
      assert client.list_tags_for_resource(ResourceArn=sibling["Arn"])["Tags"] == {
          "Team": "Desktops"}
      print("as promised")
      """;

  private static CreateUpdatedImageRequest request(String newName, boolean dryRun) {
    return CreateUpdatedImageRequest.builder()
        .existingImageName(BASE)
        .newImageName(newName)
        .newImageDisplayName("Golden image, updated")
        .newImageDescription("With all updates")
        .newImageTags(TAGS)
        .dryRun(dryRun)
        .build();
  }

  private static void assertNewImage(Image image, String agentVersion) {
    assertThat(image.name()).isEqualTo(UPDATED);
    assertThat(image.arn()).isEqualTo(made.base().arn().replaceFirst("/.*", "/" + UPDATED));
    assertThat(image.baseImageArn()).isEqualTo(made.base().arn());
    assertThat(image.displayName()).isEqualTo("Golden image, updated");
    assertThat(image.description()).isEqualTo("With all updates");
    assertThat(image.visibility()).isEqualTo(VisibilityType.PRIVATE);
    assertThat(image.imageBuilderSupported()).isTrue();
    assertThat(image.imageBuilderName()).isNull();
    assertThat(image.platformAsString()).isEqualTo("DEBIAN_12");
    assertThat(image.stateChangeReason()).isNull();
    assertThat(image.applications()).isEqualTo(made.base().applications()).hasSize(1);
    assertThat(image.createdTime()).isAfter(made.base().createdTime());
    assertThat(image.publicBaseImageReleasedDate())
        .isEqualTo(made.base().publicBaseImageReleasedDate());
    assertThat(image.appstreamAgentVersion()).isEqualTo(agentVersion);
    assertThat(image.imagePermissions()).isEqualTo(made.base().imagePermissions());
    assertThat(image.imagePermissions().allowFleet()).isTrue();
    assertThat(image.imagePermissions().allowImageBuilder()).isTrue();
    assertThat(image.imageErrors()).isEmpty();
    assertThat(image.supportedInstanceFamilies()).containsExactly("GENERAL_PURPOSE");
    assertThat(image.dynamicAppProvidersEnabled()).isEqualTo(DynamicAppProvidersEnabled.DISABLED);
    assertThat(image.imageSharedWithOthers()).isEqualTo(ImageSharedWithOthers.FALSE);
    assertThat(image.managedSoftwareIncluded()).isFalse();
    assertThat(image.imageType()).isEqualTo(ImageType.CUSTOM);
  }

  private static void assertBuilder(ImageBuilder builder) {
    assertThat(builder.name()).matches(UPDATED + "\\.\\d{10}");
    assertThat(builder.arn()).endsWith(":image-builder/" + builder.name());
    assertThat(builder.imageArn()).isEqualTo(made.base().arn());
    assertThat(builder.instanceType()).isEqualTo("stream.standard.small");
    assertThat(builder.platformAsString()).isEqualTo("DEBIAN_12");
    assertThat(builder.stateAsString()).isEqualTo("UPDATING");
    assertThat(builder.vpcConfig()).isNull();
    assertThat(builder.appstreamAgentVersion()).isEqualTo(GoldenImage.AGENT.version());
  }

  private static List<String> eventsToTheEnd() {
    try {
      return http.events("/regild/v1/updates/" + UPDATED)
          .filter(line -> line.startsWith("data: "))
          .map(line -> line.substring("data: ".length()))
          .toList();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Image await(String name) throws InterruptedException {
    return watch(name, new LinkedHashSet<>());
  }

  /** Waits until an image is made, and notes each state that it and its builder are seen in. */
  private static Image watch(String name, Set<String> states) throws InterruptedException {
    Instant limit = Instant.now().plus(Duration.ofMinutes(30));
    while (true) {
      // The image before and after: what is seen of the builder belongs to the state in between.
      Image first = client.describeImages(r -> r.names(name)).images().getFirst();
      List<String> builders =
          client.describeImageBuilders(r -> {}).imageBuilders().stream()
              .map(ImageBuilder::stateAsString)
              .toList();
      Image image = client.describeImages(r -> r.names(name)).images().getFirst();
      if (first.state() == image.state()) {
        states.add(image.stateAsString() + ", builder " + builders);
      }
      if (image.state() == ImageState.AVAILABLE || image.state() == ImageState.FAILED) {
        if (first.state() == image.state()) {
          return image;
        }
      }
      assertThat(Instant.now()).as("still %s", image).isBefore(limit);
      Thread.sleep(Duration.ofMillis(150));
    }
  }

  private static List<Change> changes(JsonNode plan) {
    return plan.path("changes")
        .valueStream()
        .map(change ->
            new Change(
                ChangeKind.valueOf(change.path("kind").asString()),
                change.path("name").asString(),
                change.path("architecture").asString(),
                change.path("from").asString(),
                change.path("to").asString()))
        .toList();
  }

  private static String detail(String image, String step) throws Exception {
    return http.get("/regild/v1/updates/" + image)
        .path("steps")
        .valueStream()
        .filter(each -> each.path("name").asString().equals(step))
        .findFirst()
        .orElseThrow()
        .path("detail")
        .asString();
  }

  private static String sha256(Path file) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
