package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.server.RawConnection.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.AgentSoftwareVersion;
import software.amazon.awssdk.services.appstream.model.Application;
import software.amazon.awssdk.services.appstream.model.ApplicationConfig;
import software.amazon.awssdk.services.appstream.model.DryRunOperationException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is accepted as an import and what is not, over HTTP; nothing here is really imported. */
@ExtendWith(RunningServer.class)
@EachDatabase
class CreateImportedImageTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String ROLE = "arn:aws:iam::123456789012:role/import";

  /** Every table that an import writes to. */
  private static final List<String> TABLES =
      List.of("image", "image_import", "tag", "scheduled_tasks");

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    server.golden("us-east-1", "golden");
  }

  @Test
  void aDryRunOfAnImportThatIsInOrderSaysSoAndWritesNothing() throws Exception {
    Map<String, Object> request = request(Map.of("Name", "dry", "Tags", Map.of("a", "1")));
    List<Long> before = rows();
    for (AccessKey key : List.of(server.key, server.readOnlyKey)) {
      Answer dry = ask(key, with(request, "DryRun", true));
      assertThat(dry.status()).isEqualTo(400);
      assertThat(dry.header("x-amzn-errortype")).isEqualTo("DryRunOperationException");
      assertThat(rows()).isEqualTo(before);
    }
    try (AppStreamClient client = server.client("us-east-1")) {
      assertThatThrownBy(() ->
              client.createImportedImage(
                  r -> r.name("dry").sourceAmiId(ServerFixture.DISK).iamRoleArn(ROLE).dryRun(true)))
          .isInstanceOf(DryRunOperationException.class)
          .hasMessageContaining("would be accepted");
    }
    assertThat(ask(server.readOnlyKey, request).header("x-amzn-errortype"))
        .isEqualTo("AccessDeniedException");
    assertThat(ask(server.key, request).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"IMAGES,0", "TAGS,1"})
  void aQuotaThatIsReached(Quota quota, int limit) throws Exception {
    String account = server.account.id();
    server.database.useTransaction(handle -> AccountQuotas.put(handle, account, quota, limit));
    try {
      assertRefused(
          Map.of("Tags", Map.of("a", "1", "b", "2")),
          "LimitExceededException",
          "is %d, and".formatted(limit));
    } finally {
      server.database.useTransaction(handle -> AccountQuotas.remove(handle, account, quota));
    }
  }

  @Test
  void aSuspendedAccount() throws Exception {
    AccessKey key = server.accounts.createKey(server.accounts.create("suspended"), false);
    server.accounts.suspend(key.account().id());
    assertThat(ask(key, request(Map.of())).header("x-amzn-errortype"))
        .isEqualTo("InvalidAccountStatusException");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "arn:aws:iam::123456789012:user/me",
        "arn:aws:s3:us-east-1:123456789012:role/import",
        "arn:aws:iam::12345:role/import",
        "arn:aws:iam::123456789012:role/"
      })
  void aRoleThatIsNone(String arn) throws Exception {
    assertRefused(Map.of("IamRoleArn", arn), "InvalidRoleException", "is not a role's ARN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Amazon-1", "aws.2", "APPSTREAM_3"})
  void aReservedName(String name) throws Exception {
    assertRefused(Map.of("Name", name), "OperationNotPermittedException", name + " is reserved");
  }

  @Test
  void aNameThatIsTaken() throws Exception {
    assertRefused(
        Map.of("Name", "golden"), "ResourceAlreadyExistsException", "Choose another name");
  }

  @Test
  void aDiskThatIsNotThereOrAnotherAccounts() throws Exception {
    String foreign = server.upload(server.accounts.create("stranger")).id();
    for (String id : List.of("ami-00000000000000000", "ami-zzzzzzzz", foreign)) {
      assertRefused(
          Map.of("SourceAmiId", id), "ResourceNotFoundException", "No uploaded disk " + id);
    }
  }

  @Test
  void aDiskThatDoesNotStandAlone() throws Exception {
    UploadedDisk damaged = server.upload(server.account);
    damage(damaged);
    assertRefused(
        Map.of("SourceAmiId", damaged.id()), "IncompatibleImageException", "marked corrupt");
  }

  /** The member, a value that breaks a constraint, and what of it the error says. */
  static Stream<Arguments> brokenConstraints() {
    List<Map<String, String>> tooMany =
        Stream.generate(() -> Map.of("Name", "a", "AbsoluteAppPath", "/a")).limit(51).toList();
    return Stream.of(
        Arguments.of("Name", "-a", "at 'name'"),
        Arguments.of("Name", "a".repeat(102), "at 'name'"),
        Arguments.of("SourceAmiId", "ami-short", "at 'sourceAmiId'"),
        Arguments.of("IamRoleArn", "role/import", "at 'iamRoleArn'"),
        Arguments.of("Description", "d".repeat(257), "less than or equal to 256"),
        Arguments.of("Description", "nö", "at 'description'"),
        Arguments.of("DisplayName", "d".repeat(101), "less than or equal to 100"),
        Arguments.of("DisplayName", "a/b", "at 'displayName'"),
        Arguments.of("Tags", Map.of(), "at 'tags'"),
        Arguments.of("Tags", Map.of("aws:a", "1"), "at 'tags'"),
        Arguments.of(
            "RuntimeValidationConfig",
            Map.of("IntendedInstanceType", "huge"),
            "at 'runtimeValidationConfig.intendedInstanceType'"),
        Arguments.of("AgentSoftwareVersion", "LATEST", "[CURRENT_LATEST, ALWAYS_LATEST]"),
        Arguments.of("AppCatalogConfig", tooMany, "less than or equal to 50"));
  }

  @ParameterizedTest
  @MethodSource("brokenConstraints")
  void aBrokenConstraint(String member, Object value, String why) throws Exception {
    assertRefused(Map.of(member, value), "ValidationException", why);
  }

  @Test
  void whatAnApplicationBreaksIsListedWithoutItsValues() throws Exception {
    Map<String, String> application =
        Map.of(
            "Name",
            "-",
            "DisplayName",
            "tab\t",
            "AbsoluteIconPath",
            "secret".repeat(6000),
            "LaunchParameters",
            "secret".repeat(200));
    Answer refused =
        ask(server.key, request(Map.of("AppCatalogConfig", List.of(application), "DryRun", true)));
    assertThat(refused.header("x-amzn-errortype")).isEqualTo("ValidationException");
    assertThat(refused.body())
        .contains("5 validation errors detected")
        .contains("at 'appCatalogConfig.1.member.absoluteAppPath'")
        .contains("at 'appCatalogConfig.1.member.absoluteIconPath'")
        .contains("at 'appCatalogConfig.1.member.launchParameters'")
        .doesNotContain("secret");
  }

  @Test
  void whatWasAskedForIsShownWithTheImage() throws Exception {
    Instant before = Instant.now();
    try (AppStreamClient client = server.client("us-east-1")) {
      client.createImportedImage(r ->
          r.name("with-apps")
              .sourceAmiId(ServerFixture.DISK)
              .iamRoleArn(ROLE)
              .displayName("With applications")
              .description("Made in March")
              .agentSoftwareVersion(AgentSoftwareVersion.ALWAYS_LATEST)
              .runtimeValidationConfig(c -> c.intendedInstanceType("stream.standard.medium"))
              .appCatalogConfig(
                  ApplicationConfig.builder()
                      .name("editor")
                      .displayName("The Editor")
                      .absoluteAppPath("/usr/bin/editor")
                      .absoluteIconPath("/usr/share/icons/editor.png")
                      .absoluteManifestPath("/usr/share/editor.manifest")
                      .workingDirectory("/srv")
                      .launchParameters("--new 'ü'")
                      .build(),
                  ApplicationConfig.builder().name("shell").absoluteAppPath("/bin/sh").build()));
      var image = client.describeImages(r -> r.names("with-apps")).images().getFirst();
      assertThat(image.displayName()).isEqualTo("With applications");
      assertThat(image.description()).isEqualTo("Made in March");
      assertThat(image.applications()).hasSize(2);
      Application editor = image.applications().getFirst();
      assertThat(editor.name()).isEqualTo("editor");
      assertThat(editor.displayName()).isEqualTo("The Editor");
      assertThat(editor.launchPath()).isEqualTo("/usr/bin/editor");
      assertThat(editor.iconURL()).isEqualTo("/usr/share/icons/editor.png");
      assertThat(editor.metadata())
          .isEqualTo(Map.of("AbsoluteManifestPath", "/usr/share/editor.manifest"));
      assertThat(editor.workingDirectory()).isEqualTo("/srv");
      assertThat(editor.launchParameters()).isEqualTo("--new 'ü'");
      assertThat(editor.enabled()).isTrue();
      assertThat(editor.createdTime()).isBetween(before.minusMillis(1), Instant.now());
    }
    JsonNode shown =
        JSON.readTree(server.send(server.key, "GET", "/regild/v1/images/with-apps").body());
    JsonNode expected =
        JSON.readTree(
            """
            {"diskId": "%s", "agentSoftwareVersion": "ALWAYS_LATEST", "validated": true,
             "intendedInstanceType": "stream.standard.medium", "askedBy": "%s"}
            """
                .formatted(ServerFixture.DISK, server.key.id()));
    assertThat(shown.path("imported")).isEqualTo(expected);
  }

  @Test
  void anUploadStaysUntilTheLastImportOfItHasEnded() throws Exception {
    UploadedDisk shared = server.upload(server.account);
    for (String name : List.of("first", "second")) {
      assertThat(
              ask(server.key, request(Map.of("Name", name, "SourceAmiId", shared.id()))).status())
          .isEqualTo(200);
    }
    damage(shared);
    assertThat(endOf("first", shared).stateChangeReason().orElseThrow().message())
        .contains("marked corrupt");
    assertThat(server.disks.find(server.account.id(), shared.id())).contains(shared);
    assertThat(endOf("second", shared).status().errors().getFirst().code())
        .isEqualTo("VALIDATION_ERROR");
    assertThat(server.disks.find(server.account.id(), shared.id())).isEmpty();
    assertThat(endOf("second", shared).state()).isEqualTo(ImageState.FAILED);
  }

  private static Image endOf(String name, UploadedDisk of) throws Exception {
    server
        .importJob()
        .run(find(name).id() + "/" + of.id(), server.lease(find(name).id() + "/" + of.id()));
    return find(name);
  }

  private static Image find(String name) {
    return server.database.read(handle -> Images.require(handle, server.owner("us-east-1"), name));
  }

  /** Sets the bit of a qcow2's header that says that it is corrupt. */
  private static void damage(UploadedDisk disk) throws IOException {
    try (FileChannel file = FileChannel.open(server.disks.path(disk), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {2}), 79);
    }
  }

  /** For the call and for its dry run alike, and nothing is written. */
  private static void assertRefused(Map<String, Object> members, String type, String why)
      throws IOException {
    List<Long> before = rows();
    for (boolean dryRun : List.of(false, true)) {
      Answer answer = ask(server.key, with(request(members), "DryRun", dryRun));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("x-amzn-errortype")).as(answer.body()).isEqualTo(type);
      assertThat(answer.body()).contains("\"__type\":\"" + type + "\"").contains(why);
    }
    assertThat(rows()).isEqualTo(before);
  }

  private static List<Long> rows() {
    return server.database.read(handle ->
        TABLES.stream()
            .map(table ->
                handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one())
            .toList());
  }

  /** A request that would be accepted, but for these members. */
  private static Map<String, Object> request(Map<String, Object> members) {
    Map<String, Object> request = new HashMap<>();
    request.put("Name", "new");
    request.put("SourceAmiId", ServerFixture.DISK);
    request.put("IamRoleArn", ROLE);
    request.putAll(members);
    return request;
  }

  private static Map<String, Object> with(
      Map<String, Object> request, String member, Object value) {
    Map<String, Object> more = new HashMap<>(request);
    more.put(member, value);
    return more;
  }

  private static Answer ask(AccessKey key, Map<String, Object> request) throws IOException {
    return server.ask(key, "CreateImportedImage", JSON.writeValueAsString(request));
  }
}
