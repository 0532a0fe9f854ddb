package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.quota.Quota;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.AppStreamException;
import software.amazon.awssdk.services.appstream.model.LimitExceededException;
import software.amazon.awssdk.services.appstream.model.ResourceAlreadyExistsException;
import software.amazon.awssdk.services.appstream.model.ResourceInUseException;
import software.amazon.awssdk.services.appstream.model.ResourceNotAvailableException;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;

/** {@code CopyImage} through the AWS SDK. */
@ExtendWith(RunningServer.class)
class CopiesIT {
  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
  }

  @Test
  void aCopyInAnotherRegionStandsOnTheSameLayerAndHasNoTags() throws Exception {
    Image golden = server.golden("us-east-1", "golden");
    try (AppStreamClient here = server.client("us-east-1");
        AppStreamClient there = server.client("eu-west-1")) {
      here.tagResource(r -> r.resourceArn(golden.arn()).tags(Map.of("team", "desktops")));
      assertThat(copy(here, "golden", "eu-west-1", "golden-copy")).isEqualTo("golden-copy");
      assertThat(there.describeImages(r -> r.names("golden-copy")).images().getFirst())
          .satisfies(copy -> assertThat(copy.stateAsString()).isEqualTo("COPYING"))
          .satisfies(copy -> assertThat(copy.description()).isEqualTo("for the others"))
          .satisfies(copy -> assertThat(copy.platformAsString()).isEqualTo("DEBIAN_12"));
      assertThatThrownBy(() -> here.deleteImage(r -> r.name("golden")))
          .isInstanceOf(ResourceInUseException.class)
          .hasMessageContaining("copied");

      Image copy = require("eu-west-1", "golden-copy");
      server.copyJob().run(copy.id(), server.lease(copy.id()));
      server.copyJob().run(copy.id(), server.lease(copy.id()));
      Image made = require("eu-west-1", "golden-copy");
      assertThat(made.state()).isEqualTo(ImageState.AVAILABLE);
      assertThat(made.disk()).isEqualTo(golden.disk());
      assertThat(there.listTagsForResource(r -> r.resourceArn(made.arn())).tags()).isEmpty();

      here.deleteImage(r -> r.name("golden"));
      String layer = golden.disk().orElseThrow().layer();
      server.database.useTransaction(handle -> {
        Image deleting = Images.require(handle, golden.owner(), "golden");
        assertThat(Images.remove(handle, deleting)).isEmpty();
        assertThat(LayerRecords.find(handle, layer)).isPresent();
      });
    }
  }

  @Test
  void aCopyIsRefusedWithTheErrorsOfTheModel() throws Exception {
    server.golden("us-west-1", "golden");
    server.golden("us-west-1", "taken");
    try (AppStreamClient client = server.client("us-west-1")) {
      assertThatThrownBy(() -> copy(client, "golden", "us-west-1", "taken"))
          .isInstanceOf(ResourceAlreadyExistsException.class);
      assertThatThrownBy(() -> copy(client, "none", "us-west-1", "copy"))
          .isInstanceOf(ResourceNotFoundException.class);
      assertThatThrownBy(() -> copy(client, "golden", "us-west-1", "Amazon-copy"))
          .isInstanceOf(ResourceNotAvailableException.class)
          .hasMessageContaining("reserved");
      assertThatThrownBy(() -> copy(client, "golden", "nowhere", "copy"))
          .isInstanceOfSatisfying(
              AppStreamException.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException"));
      copy(client, "golden", "us-west-1", "copy");
      assertThatThrownBy(() -> copy(client, "copy", "us-west-1", "copy-of-copy"))
          .isInstanceOf(ResourceNotAvailableException.class)
          .hasMessageContaining("COPYING");
    }
  }

  @Test
  void anImageThatIsMerelySharedIsNotCopied() throws Exception {
    Image golden = server.golden("us-west-2", "shared");
    var other = server.accounts.createKey(server.accounts.create("other"), false);
    server.database.useTransaction(
        handle -> ImageShares.put(handle, golden, other.account().id(), ImagePermissions.ALL));
    try (AppStreamClient client = server.client("us-west-2", other)) {
      assertThatThrownBy(() -> copy(client, "shared", "us-west-2", "mine"))
          .isInstanceOf(ResourceNotAvailableException.class)
          .hasMessageContaining("belongs to another account");
    }
  }

  @Test
  void theQuotaOfCopiesInFlightIsTheDestinations() throws Exception {
    server.golden("sa-east-1", "golden");
    try (AppStreamClient client = server.client("sa-east-1")) {
      for (int i = 0; i < Quota.COPIES.byDefault(); i++) {
        copy(client, "golden", "ap-south-1", "copy-" + i);
      }
      assertThatThrownBy(() -> copy(client, "golden", "ap-south-1", "one-more"))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("ap-south-1");
      copy(client, "golden", "ap-south-2", "elsewhere");
    }
  }

  private static String copy(
      AppStreamClient client, String source, String region, String destination) {
    return client
        .copyImage(r ->
            r.sourceImageName(source)
                .destinationRegion(region)
                .destinationImageName(destination)
                .destinationImageDescription("for the others"))
        .destinationImageName();
  }

  private static Image require(String region, String name) {
    return server.database.read(
        handle -> Images.require(handle, new Owner(server.account.id(), region), name));
  }
}
