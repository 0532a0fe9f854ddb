package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.image.Image;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.AppStreamException;
import software.amazon.awssdk.services.appstream.model.ApplicationConfig;
import software.amazon.awssdk.services.appstream.model.CreateUpdatedImageResponse;
import software.amazon.awssdk.services.appstream.model.DescribeImagesResponse;
import software.amazon.awssdk.services.appstream.model.DynamicAppProvidersEnabled;
import software.amazon.awssdk.services.appstream.model.ImageBuilderState;
import software.amazon.awssdk.services.appstream.model.ImageSharedWithOthers;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ImageType;
import software.amazon.awssdk.services.appstream.model.InvalidParameterCombinationException;
import software.amazon.awssdk.services.appstream.model.ResourceAlreadyExistsException;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;
import software.amazon.awssdk.services.appstream.model.VisibilityType;

/** The API in detail, through the AWS SDK for Java. */
@ExtendWith(RunningServer.class)
class AwsClientsIT {
  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
  }

  @Test
  void aDryRunAnswersWithTheExistingImage() throws Exception {
    Image golden = server.golden("eu-west-1", "golden");
    try (AppStreamClient client = client("eu-west-1", server.readOnlyKey)) {
      CreateUpdatedImageResponse answer =
          client.createUpdatedImage(
              r -> r.existingImageName("golden").newImageName("golden-2").dryRun(true));
      assertThat(answer.canUpdateImage()).isTrue();
      assertThat(answer.image().name()).isEqualTo("golden");
      assertThat(answer.image().arn())
          .isEqualTo("arn:aws:appstream:eu-west-1:" + server.account.id() + ":image/golden");
      assertThat(answer.image().createdTime()).isEqualTo(golden.created());
      assertThat(answer.responseMetadata().requestId()).hasSize(36);
      assertThatThrownBy(() ->
              client.createUpdatedImage(
                  r -> r.existingImageName("golden").newImageName("golden-2")))
          .isInstanceOfSatisfying(
              AppStreamException.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("AccessDeniedException"));
    }
  }

  @Test
  void anUpdateAnswersWithTheNewImage() throws Exception {
    Image golden = server.golden("us-west-2", "golden");
    try (AppStreamClient client = client("us-west-2", server.key)) {
      CreateUpdatedImageResponse answer =
          client.createUpdatedImage(r ->
              r.existingImageName("golden")
                  .newImageName("golden-2")
                  .newImageDescription("Renewed – on Monday")
                  .newImageDisplayName("Golden 2")
                  .newImageTags(Map.of("Team", "Desktops", "empty", "")));
      assertThat(answer.canUpdateImage()).isTrue();
      var image = answer.image();
      assertThat(image.name()).isEqualTo("golden-2");
      assertThat(image.baseImageArn()).isEqualTo(golden.arn());
      assertThat(image.displayName()).isEqualTo("Golden 2");
      assertThat(image.description()).isEqualTo("Renewed – on Monday");
      assertThat(image.state()).isEqualTo(ImageState.PENDING);
      assertThat(image.visibility()).isEqualTo(VisibilityType.PRIVATE);
      assertThat(image.imageBuilderSupported()).isTrue();
      assertThat(image.imageBuilderName()).isNull();
      // A platform that AWS has not is what the SDK calls unknown.
      assertThat(image.platformAsString()).isEqualTo("DEBIAN_12");
      assertThat(image.stateChangeReason()).isNull();
      assertThat(image.applications()).isEmpty();
      assertThat(image.publicBaseImageReleasedDate())
          .isEqualTo(golden.origin().baseImageReleased().orElseThrow());
      assertThat(image.appstreamAgentVersion()).isEqualTo("1.0-1");
      assertThat(image.imagePermissions().allowFleet()).isTrue();
      assertThat(image.imagePermissions().allowImageBuilder()).isTrue();
      assertThat(image.imageErrors()).isEmpty();
      assertThat(image.supportedInstanceFamilies()).containsExactly("GENERAL_PURPOSE");
      assertThat(image.dynamicAppProvidersEnabled()).isEqualTo(DynamicAppProvidersEnabled.DISABLED);
      assertThat(image.imageSharedWithOthers()).isEqualTo(ImageSharedWithOthers.FALSE);
      assertThat(image.managedSoftwareIncluded()).isFalse();
      assertThat(image.imageType()).isEqualTo(ImageType.CUSTOM);

      assertThat(client.listTagsForResource(r -> r.resourceArn(image.arn())).tags())
          .containsExactlyInAnyOrderEntriesOf(Map.of("Team", "Desktops", "empty", ""));
      var builder = client.describeImageBuilders(r -> {}).imageBuilders().getFirst();
      assertThat(builder.name()).matches("golden-2\\.\\d{10}");
      assertThat(builder.state()).isEqualTo(ImageBuilderState.UPDATING);
      assertThat(builder.imageArn()).isEqualTo(golden.arn());
      assertThat(builder.instanceType()).isEqualTo("stream.standard.small");
      assertThatThrownBy(() ->
              client.createUpdatedImage(
                  r -> r.existingImageName("golden").newImageName("golden-2")))
          .isInstanceOf(ResourceAlreadyExistsException.class);
    }
  }

  @Test
  void listingGoesPageByPage() throws Exception {
    for (int i = 0; i < 5; i++) {
      server.golden("sa-east-1", "golden-" + i);
    }
    try (AppStreamClient client = client("sa-east-1", server.key)) {
      Set<String> seen = new HashSet<>();
      String token = null;
      int pages = 0;
      do {
        String next = token;
        DescribeImagesResponse page =
            client.describeImages(r -> r.maxResults(2).nextToken(next).type("PRIVATE"));
        page.images().forEach(image -> assertThat(seen.add(image.name())).isTrue());
        token = page.nextToken();
        pages++;
      } while (token != null);
      assertThat(pages).isEqualTo(3);
      assertThat(seen).hasSize(5);

      String foreign = client.describeImages(r -> r.maxResults(2).type("PRIVATE")).nextToken();
      assertThatThrownBy(() -> client.describeImages(r -> r.maxResults(2).nextToken(foreign)))
          .isInstanceOf(InvalidParameterCombinationException.class);
      assertThat(client.describeImages(r -> r.names("golden-3", "golden-1")).images())
          .extracting(software.amazon.awssdk.services.appstream.model.Image::name)
          .containsExactly("golden-1", "golden-3");
    }
  }

  @Test
  void namesAndArnsThatAreNotThereAreErrors() throws Exception {
    Image golden = server.golden("ca-central-1", "golden");
    try (AppStreamClient client = client("ca-central-1", server.key)) {
      assertThat(client.describeImages(r -> r.arns(golden.arn())).images()).hasSize(1);
      assertThatThrownBy(() -> client.describeImages(r -> r.names("golden", "silver")))
          .isInstanceOf(ResourceNotFoundException.class)
          .hasMessageContaining("silver");
      assertThatThrownBy(() -> client.describeImages(r -> r.arns(golden.arn() + "x")))
          .isInstanceOf(ResourceNotFoundException.class);
      assertThatThrownBy(() -> client.describeImages(r -> r.names("golden").arns(golden.arn())))
          .isInstanceOf(InvalidParameterCombinationException.class);
      assertThatThrownBy(() -> client.describeImageBuilders(r -> r.names("none")))
          .isInstanceOf(ResourceNotFoundException.class);
    }
  }

  @Test
  void regionsHaveTheirOwnNames() throws Exception {
    server.golden("ap-south-1", "golden");
    try (AppStreamClient client = client("ap-south-2", server.key)) {
      assertThat(client.describeImages(r -> {}).images()).isEmpty();
    }
  }

  @Test
  void tagsComeAndGo() throws Exception {
    Image golden = server.golden("eu-north-1", "golden");
    try (AppStreamClient client = client("eu-north-1", server.key)) {
      client.tagResource(r -> r.resourceArn(golden.arn()).tags(Map.of("a", "1", "b", "2")));
      client.untagResource(r -> r.resourceArn(golden.arn()).tagKeys("a", "c"));
      assertThat(client.listTagsForResource(r -> r.resourceArn(golden.arn())).tags())
          .containsExactlyEntriesOf(Map.of("b", "2"));
      String foreign = golden.arn().replace("eu-north-1", "eu-south-1");
      assertThatThrownBy(() -> client.listTagsForResource(r -> r.resourceArn(foreign)))
          .isInstanceOf(ResourceNotFoundException.class);
    }
  }

  @Test
  void anImportAndADeletionAnswerWithTheImage() throws Exception {
    server.golden("eu-south-2", "golden");
    try (AppStreamClient client = client("eu-south-2", server.key)) {
      var image =
          client
              .createImportedImage(r ->
                  r.name("imported")
                      .sourceAmiId("ami-0123456789abcdef0")
                      .iamRoleArn("arn:aws:iam::123456789012:role/import")
                      .appCatalogConfig(
                          List.of(
                              ApplicationConfig.builder()
                                  .name("editor")
                                  .absoluteAppPath("/usr/bin/editor")
                                  .build())))
              .image();
      assertThat(image.state()).isEqualTo(ImageState.IMPORTING);
      assertThat(image.applications().getFirst().name()).isEqualTo("editor");
      assertThat(image.applications().getFirst().launchPath()).isEqualTo("/usr/bin/editor");
      assertThat(client.deleteImage(r -> r.name("golden")).image().state())
          .isEqualTo(ImageState.DELETING);
    }
  }

  @Test
  void errorsAreThoseOfAws() {
    try (AppStreamClient client = client("us-east-2", server.key)) {
      assertError(
          () -> client.createFleet(r -> r.name("fleet").instanceType("stream.standard.small")),
          400,
          "UnknownOperationException",
          "Unknown operation 'PhotonAdminProxyService.CreateFleet': Regild serves images only.");
      assertError(
          () -> client.deleteImage(r -> r.name("-")),
          400,
          "ValidationException",
          "1 validation error detected: Value '-' at 'name' failed to satisfy constraint: Member"
              + " must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$");
    }
    AccessKey wrong = new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
    try (AppStreamClient client = client("us-east-2", wrong)) {
      assertError(
          () -> client.describeImages(r -> {}),
          403,
          "InvalidSignatureException",
          "The request signature we calculated does not match");
    }
    try (AppStreamClient client = client("us-east-2", AccessKey.generate(server.account, false))) {
      assertError(
          () -> client.describeImages(r -> {}),
          403,
          "UnrecognizedClientException",
          "The security token included in the request is invalid.");
    }
  }

  private static void assertError(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call,
      int status,
      String code,
      String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AppStreamException.class,
            e -> {
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
              assertThat(e.statusCode()).isEqualTo(status);
              assertThat(e.awsErrorDetails().errorMessage()).startsWith(message);
              assertThat(e.requestId()).hasSize(36);
            });
  }

  private static AppStreamClient client(String region, AccessKey key) {
    return AppStreamClient.builder()
        .endpointOverride(server.uri(""))
        .region(Region.of(region))
        .httpClientBuilder(ApacheHttpClient.builder())
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(key.id(), key.secret())))
        .build();
  }
}
