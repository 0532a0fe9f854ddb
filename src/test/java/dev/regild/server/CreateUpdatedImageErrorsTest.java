package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.channel.ChannelStore;
import dev.regild.db.JobQueue;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.job.node.Routing;
import dev.regild.update.ImageUpdates;
import dev.regild.update.planning.UpdatePlans;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of the seven errors of the operation, from the real decision about updates, over HTTP. */
@ExtendWith(RunningServer.class)
@EachDatabase
class CreateUpdatedImageErrorsTest {
  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    Clock clock = Clock.systemUTC();
    ImageUpdates updates =
        new ImageUpdates(
            server.database,
            server.quotas,
            server.updates,
            new UpdatePlans(new ChannelStore(server.data, clock), new Inventories(server.database)),
            // It is never started: nothing here is accepted.
            new JobQueue(server.database, clock, 1, Duration.ofSeconds(1)),
            Routing.ANYWHERE,
            clock);
    server.decideUpdatesBy(updates::update);
    server.golden("us-east-1", "golden");
  }

  @ParameterizedTest
  @ValueSource(strings = {"IMAGES", "IMAGE_BUILDERS"})
  void aQuotaThatIsReached(String quota) throws Exception {
    server.database.useTransaction(
        handle -> AccountQuotas.put(handle, server.account.id(), Quota.valueOf(quota), 0));
    try {
      assertRefused("LimitExceededException", "golden", "new", "is 0, and account");
    } finally {
      server.database.useTransaction(
          handle -> AccountQuotas.remove(handle, server.account.id(), Quota.valueOf(quota)));
    }
  }

  @Test
  void aSuspendedAccount() throws Exception {
    AccessKey key = server.accounts.createKey(server.accounts.create("suspended"), false);
    server.accounts.suspend(key.account().id());
    assertThat(
            server
                .ask(key, "CreateUpdatedImage", request("golden", "new"))
                .header("x-amzn-errortype"))
        .isEqualTo("InvalidAccountStatusException");
  }

  @Test
  void anotherAccountsImage() throws Exception {
    Image image = server.golden("us-east-1", "shown");
    AccessKey other = server.accounts.createKey(server.accounts.create("other"), false);
    server.database.useTransaction(
        handle -> ImageShares.put(handle, image, other.account().id(), ImagePermissions.ALL));
    assertThat(
            server
                .ask(other, "CreateUpdatedImage", request("shown", "new"))
                .header("x-amzn-errortype"))
        .isEqualTo("OperationNotPermittedException");
  }

  @Test
  void anImageThatIsBeingMade() throws Exception {
    Image importing =
        Image.importing(
            server.owner("us-east-1"),
            "busy",
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Instant.now());
    server.database.useTransaction(handle -> Images.insert(handle, importing));
    assertRefused("OperationNotPermittedException", "busy", "new", "busy is IMPORTING");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Amazon-1", "aws.2", "APPSTREAM_3"})
  void aReservedName(String name) throws Exception {
    assertRefused("OperationNotPermittedException", "golden", name, name + " is reserved");
  }

  @Test
  void aNameThatIsTaken() throws Exception {
    assertRefused("ResourceAlreadyExistsException", "golden", "golden", "Choose another name");
  }

  @Test
  void anUnknownImage() throws Exception {
    assertRefused("ResourceNotFoundException", "none", "new", "Image none of");
  }

  @Test
  void anImageThatIsBeingDeleted() throws Exception {
    Image image = server.golden("us-east-1", "leaving");
    server.database.useTransaction(handle -> Images.startDeleting(handle, image));
    assertRefused("ConcurrentModificationException", "leaving", "new", "is being deleted");
  }

  @Test
  void anImageThatNothingHereCanService() throws Exception {
    assertRefused("IncompatibleImageException", "golden", "new", "No channel for DEBIAN_12");
  }

  /** For the call and for its dry run alike, and nothing is written. */
  private static void assertRefused(String type, String existing, String created, String why)
      throws IOException {
    String request = request(existing, created);
    String dryRun = request.replace("}", ",\"dryRun\":true}");
    for (String body : List.of(request, dryRun)) {
      var answer = server.ask(server.key, "CreateUpdatedImage", body);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("x-amzn-errortype")).isEqualTo(type);
      assertThat(answer.body()).contains("\"__type\":\"" + type + "\"").contains(why);
    }
    assertThat(
            server.database.<Optional<Image>, RuntimeException>read(
                handle -> Images.find(handle, server.owner("us-east-1"), "new")))
        .isEmpty();
  }

  private static String request(String existing, String created) {
    return "{\"existingImageName\":\"%s\",\"newImageName\":\"%s\"}".formatted(existing, created);
  }
}
