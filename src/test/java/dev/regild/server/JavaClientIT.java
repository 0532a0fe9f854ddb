package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.AppStreamException;
import software.amazon.awssdk.services.appstream.model.ApplicationConfig;
import software.amazon.awssdk.services.appstream.model.ExportImageTask;
import software.amazon.awssdk.services.appstream.model.ExportImageTaskState;
import software.amazon.awssdk.services.appstream.model.Filter;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageBuilder;
import software.amazon.awssdk.services.appstream.model.ImageBuilderState;
import software.amazon.awssdk.services.appstream.model.ImagePermissions;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ResourceAlreadyExistsException;
import software.amazon.awssdk.services.appstream.model.ResourceInUseException;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;
import software.amazon.awssdk.services.appstream.model.SharedImagePermissions;

/** The AWS SDK for Java; {@link AwsClientsIT} looks closer at some of what it does. */
class JavaClientIT {
  private static final String ROLE = "arn:aws:iam::123456789012:role/disks";

  @Test
  void oneScriptGoesThroughAllOperations(@TempDir Path directory) throws Exception {
    try (ClientsServer clients = new ClientsServer(directory);
        AppStreamClient client = clients.server.client(ClientsServer.REGION)) {
      String arn = createUpdatedImage(client);
      deleteItsBuilder(client);
      tag(client, arn);
      share(client, clients.otherAccount);
      copy(client);
      importADisk(client);
      export(client);
      deleteImages(client);
      assertThatThrownBy(() -> client.createFleet(r -> r.name("fleet").instanceType("small")))
          .isInstanceOf(AppStreamException.class)
          .hasMessageContaining("serves images only");
    }
  }

  private static String createUpdatedImage(AppStreamClient client) {
    assertThat(
            client.createUpdatedImage(
                r -> r.existingImageName("golden").newImageName("golden-2").dryRun(true)))
        .satisfies(dry -> assertThat(dry.canUpdateImage()).isTrue())
        .satisfies(dry -> assertThat(dry.image().name()).isEqualTo("golden"));
    Image made =
        client
            .createUpdatedImage(r ->
                r.existingImageName("golden")
                    .newImageName("golden-2")
                    .newImageDescription("Renewed – 🦫")
                    .newImageTags(Map.of("Team", "Desktops 漢")))
            .image();
    assertThat(made.state()).isEqualTo(ImageState.PENDING);
    assertThat(made.description()).isEqualTo("Renewed – 🦫");
    assertThat(described(client, "golden-2")).isEqualTo(made);
    assertThat(client.describeImagesPaginator(r -> r.maxResults(1)).stream().count()).isEqualTo(3);
    assertThatThrownBy(() ->
            client.createUpdatedImage(r -> r.existingImageName("golden").newImageName("golden-2")))
        .isInstanceOf(ResourceAlreadyExistsException.class);
    return made.arn();
  }

  private static void deleteItsBuilder(AppStreamClient client) {
    ImageBuilder builder = client.describeImageBuilders(r -> {}).imageBuilders().getFirst();
    assertThat(builder.state()).isEqualTo(ImageBuilderState.UPDATING);
    assertThat(client.deleteImageBuilder(r -> r.name(builder.name())).imageBuilder().state())
        .isEqualTo(ImageBuilderState.DELETING);
    Image cancelled = described(client, "golden-2");
    assertThat(cancelled.state()).isEqualTo(ImageState.FAILED);
    assertThat(cancelled.stateChangeReason().message()).contains("cancelled");
  }

  private static void tag(AppStreamClient client, String arn) {
    client.tagResource(r -> r.resourceArn(arn).tags(Map.of("more", "1")));
    client.untagResource(r -> r.resourceArn(arn).tagKeys("more"));
    assertThat(client.listTagsForResource(r -> r.resourceArn(arn)).tags())
        .isEqualTo(Map.of("Team", "Desktops 漢"));
  }

  private static void share(AppStreamClient client, String account) {
    ImagePermissions given =
        ImagePermissions.builder().allowFleet(true).allowImageBuilder(false).build();
    client.updateImagePermissions(
        r -> r.name("golden").sharedAccountId(account).imagePermissions(given));
    assertThat(client.describeImagePermissions(r -> r.name("golden")).sharedImagePermissionsList())
        .containsExactly(
            SharedImagePermissions.builder()
                .sharedAccountId(account)
                .imagePermissions(given)
                .build());
    client.deleteImagePermissions(r -> r.name("golden").sharedAccountId(account));
    assertThat(client.describeImagePermissions(r -> r.name("golden")).sharedImagePermissionsList())
        .isEmpty();
  }

  private static void copy(AppStreamClient client) {
    assertThat(
            client
                .copyImage(r ->
                    r.sourceImageName("golden")
                        .destinationImageName("golden-copy")
                        .destinationRegion(ClientsServer.REGION)
                        .destinationImageDescription("for others"))
                .destinationImageName())
        .isEqualTo("golden-copy");
    assertThat(described(client, "golden-copy").description()).isEqualTo("for others");
  }

  private static void importADisk(AppStreamClient client) {
    ApplicationConfig editor =
        ApplicationConfig.builder().name("editor").absoluteAppPath("/usr/bin/editor").build();
    Image imported =
        client
            .createImportedImage(r ->
                r.name("imported")
                    .sourceAmiId("ami-0123456789abcdef0")
                    .iamRoleArn(ROLE)
                    .appCatalogConfig(editor))
            .image();
    assertThat(imported.state()).isEqualTo(ImageState.IMPORTING);
    assertThat(imported.applications().getFirst().launchPath()).isEqualTo("/usr/bin/editor");
  }

  private static void export(AppStreamClient client) {
    ExportImageTask task =
        client
            .createExportImageTask(r ->
                r.imageName("golden")
                    .amiName("golden-disk")
                    .iamRoleArn(ROLE)
                    .amiDescription("to keep")
                    .tagSpecifications(Map.of("team", "desktops")))
            .exportImageTask();
    assertThat(task.state()).isEqualTo(ExportImageTaskState.EXPORTING);
    assertThat(client.getExportImageTask(r -> r.taskId(task.taskId())).exportImageTask())
        .isEqualTo(task);
    Filter byName = Filter.builder().name("AmiName").values("golden-disk").build();
    assertThat(client.listExportImageTasks(r -> r.filters(byName)).exportImageTasks())
        .containsExactly(task);
  }

  private static void deleteImages(AppStreamClient client) {
    assertThat(client.deleteImage(r -> r.name("old")).image().state())
        .isEqualTo(ImageState.DELETING);
    assertThatThrownBy(() -> client.deleteImage(r -> r.name("golden")))
        .isInstanceOf(ResourceInUseException.class);
    assertThatThrownBy(() -> client.describeImages(r -> r.names("none")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("none");
  }

  private static Image described(AppStreamClient client, String name) {
    return client.describeImages(r -> r.names(name)).images().getFirst();
  }
}
