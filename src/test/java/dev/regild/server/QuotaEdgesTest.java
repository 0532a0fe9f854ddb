package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.TestChannel;
import dev.regild.db.JobQueue;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.IdleJob;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.job.node.Routing;
import dev.regild.update.ImageUpdates;
import dev.regild.update.planning.UpdatePlans;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each quota over HTTP, with more callers at once than there is room; that of shares is {@link
 * ImagePermissionsTest}'s.
 */
@ExtendWith(RunningServer.class)
@EachDatabase
class QuotaEdgesTest {
  private static final int CALLERS = 12;
  private static final int ROOM = 3;

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    Clock clock = Clock.systemUTC();
    JobQueue jobs = new JobQueue(server.database, clock, 1, Duration.ofSeconds(1));
    // The queue is never started: what is accepted stays as it is.
    jobs.register(ImageUpdates.JOB, new IdleJob());
    server.decideUpdatesBy(
        new ImageUpdates(
                server.database,
                server.quotas,
                server.updates,
                new UpdatePlans(
                    TestChannel.offering(server.data, "DEBIAN_12", "openssl", "3.0.17-1~deb12u2"),
                    new Inventories(server.database)),
                jobs,
                Routing.ANYWHERE,
                clock)
            ::update);
  }

  @Test
  void imagesAreLimitedExactly() throws Exception {
    server.golden("us-east-1", "golden");
    limit(Quota.IMAGE_BUILDERS, 1000);
    limit(Quota.IMAGES, used(Images::count) + ROOM);
    assertRoom(
        "CreateUpdatedImage", "{\"existingImageName\":\"golden\",\"newImageName\":\"image-%d\"}");
  }

  @Test
  void imageBuildersAreLimitedExactlyAndADeletedOneMakesRoom() throws Exception {
    server.golden("us-east-1", "master");
    limit(Quota.IMAGES, 1000);
    limit(Quota.IMAGE_BUILDERS, used(ImageBuilders::count) + ROOM);
    String update = "{\"existingImageName\":\"master\",\"newImageName\":\"built-%d\"}";
    assertRoom("CreateUpdatedImage", update);

    String more = update.formatted(CALLERS);
    assertThat(server.errorsOf("CreateUpdatedImage", List.of(more)))
        .containsExactly("LimitExceededException");
    try (var client = server.client("us-east-1")) {
      String builder = client.describeImageBuilders(r -> {}).imageBuilders().getFirst().name();
      client.deleteImageBuilder(r -> r.name(builder));
    }
    assertThat(server.errorsOf("CreateUpdatedImage", List.of(more))).containsExactly("");
  }

  @Test
  void copiesInFlightAreLimitedExactly() throws Exception {
    server.golden("us-east-1", "copied");
    limit(Quota.IMAGES, 1000);
    limit(Quota.COPIES, ROOM);
    assertRoom(
        "CopyImage",
        "{\"SourceImageName\":\"copied\",\"DestinationImageName\":\"copy-%d\",\"DestinationRegion\":\"eu-west-1\"}");
  }

  @Test
  void tagsAreLimitedExactly() throws Exception {
    Image tagged = server.golden("us-east-1", "tagged");
    limit(Quota.TAGS, ROOM);
    assertRoom(
        "TagResource",
        "{\"ResourceArn\":\"" + tagged.arn() + "\",\"Tags\":{\"key-%d\":\"value\"}}");
    try (var client = server.client("us-east-1")) {
      assertThat(client.listTagsForResource(r -> r.resourceArn(tagged.arn())).tags()).hasSize(ROOM);
    }
  }

  private static int used(BiFunction<Handle, Owner, Long> count) {
    return server
        .database
        .<Long, RuntimeException>read(handle -> count.apply(handle, server.owner("us-east-1")))
        .intValue();
  }

  private static void limit(Quota quota, int limit) {
    server.database.useTransaction(
        handle -> AccountQuotas.put(handle, server.account.id(), quota, limit));
  }

  /** Of many calls at once, as many are accepted as there is room for; the rest read why not. */
  private static void assertRoom(String operation, String request) throws Exception {
    List<String> errors =
        server.errorsOf(
            operation, IntStream.range(0, CALLERS).mapToObj(request::formatted).toList());
    assertThat(errors).containsOnly("", "LimitExceededException");
    assertThat(Collections.frequency(errors, "")).isEqualTo(ROOM);
  }
}
