package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.JobQueue;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Inventories;
import dev.regild.job.node.Routing;
import dev.regild.update.ImageUpdates;
import dev.regild.update.planning.UpdatePlans;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;

/** Rings, retention and revocation, by the commands, and what clients of the API see of them. */
@ExtendWith(RunningServer.class)
@EachDatabase
class PolicyCommandsTest {
  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    Clock clock = Clock.systemUTC();
    ImageUpdates updates =
        new ImageUpdates(
            server.database,
            server.quotas,
            server.updates,
            new UpdatePlans(
                new ChannelStore(server.data, clock),
                new Inventories(server.database),
                images -> server.database.read(handle -> RingRecords.ofImages(handle, images))),
            // It is never started: nothing here is accepted.
            new JobQueue(server.database, clock, 1, Duration.ofSeconds(1)),
            Routing.ANYWHERE,
            clock);
    server.decideUpdatesBy(updates::update);
  }

  @Test
  void aRingIsPromotedAndRolledBack() throws Exception {
    server.golden("us-east-1", "ringed");
    commands.run(0, "line", "add", "ringed", "ringed");
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(server.data.resolve("rings-repository")))) {
      ChannelStore channels = new ChannelStore(server.data, Clock.systemUTC());
      offer(repository, key, "01", "3.0.11-1");
      channels.add(new Channel("rings", "DEBIAN_12", List.of(repository.source(key))));
      var _ = channels.refresh("rings");
      commands.run(0, "ring", "add", "rings", "dev");
      assertThat(commands.run(0, "ring", "add", "rings", "prod", "--from", "dev"))
          .contains("regild ring promote rings dev prod");
      commands.run(0, "ring", "assign", "rings", "prod", "ringed");
      commands.run(0, "ring", "promote", "rings", "dev", "prod");
      offer(repository, key, "02", "3.0.12-1");
      var _ = channels.refresh("rings");
      assertThat(commands.run(0, "ring", "promote", "rings", "dev", "prod", "--preview"))
          .containsPattern("BECOMES OUT OF DATE +CHANGES\nringed +1\n")
          .containsPattern("openssl +3.0.11-1 +3.0.12-1 +1\n");
      assertThat(commands.run(0, "update", "ringed", "ringed-2", "--dry-run"))
          .as("by the snapshot of its ring")
          .contains("up to date");
      commands.run(0, "ring", "promote", "rings", "dev", "prod");
      assertThat(commands.run(0, "update", "ringed", "ringed-2", "--dry-run"))
          .doesNotContain("up to date");
      assertThat(commands.run(0, "ring", "rollback", "rings", "prod")).contains("again");
      assertThat(commands.run(0, "ring", "show", "rings", "prod"))
          .containsPattern("3 +\\S+ +rollback")
          .containsPattern("1 +\\S+ +promote")
          .contains("ringed, 1 image");
      assertThat(commands.run(0, "ring", "list")).containsPattern("rings +prod +dev");
      commands.run(0, "ring", "set", "rings", "prod", "--qualified", "2");
      assertThat(commands.run(0, "ring", "set", "rings", "prod", "--days", "3"))
          .as("the other gate stays")
          .contains("2 images qualified, 3 days old");
      assertThat(commands.run(2, "ring", "set", "rings", "prod"))
          .contains("Name what to change: --from, --qualified or --days.");
      assertThat(commands.run(0, "ring", "set", "rings", "dev", "--days", "0"))
          .contains("dev follows the repositories and has no gates.");
      assertThat(commands.run(0, "ring", "show", "rings", "prod")).contains(server.key.id());
      assertThat(commands.run(0, "events", "--json"))
          .as("what every account reads")
          .containsPattern("ring.promoted[^\n]*\"act\":\"PROMOTE\"")
          .doesNotContainPattern("ring.promoted[^\n]*" + server.key.id());
      assertThat(commands.run(1, "ring", "set", "rings", "prod", "--from", "prod"))
          .contains("in a circle");
      assertThat(commands.run(1, "ring", "add", "rings", "x", "--qualified", "1"))
          .contains("has no gates");
      assertThat(commands.run(1, "ring", "remove", "rings", "prod"))
          .contains("regild ring unassign rings prod ringed");
      commands.run(0, "ring", "unassign", "rings", "prod", "ringed");
      commands.run(0, "ring", "remove", "rings", "prod");
      commands.run(0, "ring", "remove", "rings", "dev");
      channels.remove("rings");
    }
    var _ =
        server.audited("\"operation\":\"PromoteRing\",\"resources\":[\"rings\",\"dev\",\"prod\"");
  }

  private static void offer(TestRepository repository, TestKey key, String day, String version)
      throws Exception {
    repository.publish(
        key,
        Map.of("Date", "Mon, %s Feb 2026 00:00:00 UTC".formatted(day)),
        List.of(new Deb("openssl", version)));
  }

  @Test
  void whatAPreviewOfRetentionShowsIsDoneAndUndone() throws Exception {
    for (String name : List.of("kept-1", "kept-2", "kept-3")) {
      server.golden("us-east-1", name);
      commands.run(0, "alias", "set", "kept/latest", name);
    }
    commands.run(0, "retention", "set", "kept", "--keep", "1", "--manual");
    assertThat(commands.run(0, "retention", "show")).containsPattern("kept +1 +0 +0 +7 +no");
    String preview = commands.run(0, "retention", "preview", "kept");
    assertThat(preview)
        .containsPattern("kept-2 +kept +delete")
        .containsPattern("kept-1 +kept +delete")
        .contains("0 images would be deprecated, 2 deleted. That frees 8.0 KiB");
    commands.run(0, "alias", "set", "kept/old", "kept-1");
    String plan = found("--plan (\\S+)", preview);
    assertThat(commands.run(1, "retention", "run", "kept", "--plan", plan))
        .contains(plan)
        .contains("is out of date");
    preview = commands.run(0, "retention", "preview", "kept");
    assertThat(preview).containsPattern("kept-1 +kept +alias kept/old");
    assertThat(
            commands.run(0, "retention", "run", "kept", "--plan", found("--plan (\\S+)", preview)))
        .contains("Deprecated 0 images, deleted 1.");
    try (AppStreamClient api = server.client("us-east-1")) {
      assertThatThrownBy(() -> api.describeImages(it -> it.names("kept-2")))
          .isInstanceOf(ResourceNotFoundException.class);
      assertThat(commands.run(0, "retention", "deleted")).contains("kept-2");
      assertThat(commands.run(0, "retention", "undo", "kept-2")).contains("kept-2 is AVAILABLE");
      assertThat(api.describeImages(it -> it.names("kept-2")).images()).hasSize(1);
    }
    assertThat(commands.run(0, "retention", "preview", "kept"))
        .containsPattern("kept-2 +kept +tag regild:keep")
        .contains("0 deleted");
    assertThat(commands.run(1, "retention", "set", "kept", "--keep", "0")).contains("keeps 1 to");
    assertThat(commands.run(1, "retention", "undo", "kept-2")).contains("retention deleted");
    assertThat(commands.run(0, "retention", "remove", "kept")).contains("kept");
    assertThat(commands.run(1, "retention", "preview", "kept")).contains("regild retention set");
    var _ =
        server.audited(
            "\"key\":\"retention/kept\",\"operation\":\"DeleteImage\"",
            "[\"rule: keep 1 images and 0 days");
  }

  private static String found(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group(1);
  }

  @Test
  void aRevokedImageSaysSoAndIsNotUpdated() throws Exception {
    server.golden("us-east-1", "revoked");
    assertThat(commands.run(0, "revoke", "revoked", "--reason", "stolen key", "--preview"))
        .containsPattern("revoked +named")
        .contains("1 image would be revoked.");
    assertThat(described("revoked").stateChangeReason()).isNull();
    String said = commands.run(0, "revoke", "revoked", "--reason", "stolen key");
    String id = found("regild revocation undo (\\S+)", said);
    assertThat(described("revoked").stateAsString()).isEqualTo("AVAILABLE");
    assertThat(described("revoked").stateChangeReason().message())
        .startsWith("Revoked on 20")
        .endsWith(": stolen key");
    assertThat(commands.run(1, "update", "revoked", "revoked-2", "--dry-run"))
        .contains("is revoked and can't be updated: stolen key")
        .contains("regild revocation undo " + id);
    assertThat(commands.run(0, "show", "revoked")).contains("stolen key");
    assertThat(commands.run(0, "revocation", "list")).contains(id);
    assertThat(commands.run(0, "revocation", "show", id)).containsPattern("revoked +named");
    commands.run(0, "revocation", "undo", id);
    assertThat(described("revoked").stateChangeReason()).isNull();
    assertThat(commands.run(1, "revocation", "undo", id)).contains("is undone already");

    said =
        commands.run(0, "revoke", "--package", "openssl", "--version", "3.0.11", "--reason", "CVE");
    assertThat(said).containsPattern("revoked +package +openssl 3.0.11-1");
    commands.run(0, "revocation", "undo", found("regild revocation undo (\\S+)", said));
    assertThat(commands.run(2, "revoke", "--reason", "nothing is named"))
        .contains("Name an image, or write --package");
    assertThat(
            commands.run(
                1, "revoke", "--package", "openssl", "--version", "..", "--reason", "none"))
        .contains("5.6.0..5.6.1");
    assertThat(commands.run(1, "revoke", "revoked", "--reason", " ")).contains("--reason TEXT");
  }

  private static Image described(String name) {
    try (AppStreamClient api = server.client("us-east-1")) {
      return api.describeImages(it -> it.names(name)).images().getFirst();
    }
  }
}
