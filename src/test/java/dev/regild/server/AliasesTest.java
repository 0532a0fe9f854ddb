package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.policy.line.Hold;
import dev.regild.policy.line.Holds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.AppStreamException;
import software.amazon.awssdk.services.appstream.model.ResourceInUseException;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;

/** Aliases, by the commands, and wherever an image's name can be. */
@ExtendWith(RunningServer.class)
@EachDatabase
class AliasesTest {
  private static ServerFixture server;
  private static CommandLineOf commands;
  private static Owner owner;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    owner = server.owner("us-east-1");
  }

  @Test
  void anAliasMovesAndEveryMoveIsRemembered() throws Exception {
    for (String name : List.of("moving", "moving-2", "moving-3")) {
      server.golden("us-east-1", name);
    }
    long before = server.database.read(Events::last);
    assertThat(commands.run(0, "alias", "set", "moving/prod", "moving"))
        .isEqualTo("moving/prod names moving.\n");
    commands.run(0, "alias", "set", "moving/prod", "moving-2");
    commands.run(0, "alias", "set", "moving/prod", "moving-3");
    commands.run(0, "alias", "set", "moving/prod", "moving-3");
    assertThat(commands.run(0, "alias", "rollback", "moving/prod"))
        .isEqualTo("moving/prod names moving-2 again.\n");
    assertThat(commands.run(0, "alias", "rollback", "moving/prod"))
        .as("further back, not to and fro")
        .isEqualTo("moving/prod names moving again.\n");
    assertThat(commands.run(1, "alias", "rollback", "moving/prod"))
        .contains("The alias moving/prod named no other image before. Set it:");
    assertThat(commands.run(0, "alias", "list")).containsPattern("moving/prod +moving ");
    assertThat(commands.run(0, "alias", "remove", "moving/prod"))
        .isEqualTo("Removed moving/prod.\n");
    assertThat(commands.run(0, "alias", "list")).doesNotContain("moving/prod");
    assertThat(commands.run(0, "alias", "history", "moving/prod").lines().skip(1))
        .as("of an alias that is gone, and nothing for a move to where it was")
        .satisfiesExactly(
            line -> assertThat(line).startsWith("6").contains("remove", server.key.id()),
            line -> assertThat(line).startsWith("5").contains("rollback").contains(" moving "),
            line -> assertThat(line).startsWith("4").contains("rollback", "moving-2"),
            line -> assertThat(line).startsWith("3").contains("set", "moving-3"),
            line -> assertThat(line).startsWith("2").contains("set", "moving-2"),
            line -> assertThat(line).startsWith("1").contains("set").contains(" moving "));
    List<RecordedEvent> events =
        server.database.read(handle ->
            Events.after(handle, owner.accountId(), owner.region(), before, 100).stream()
                .filter(event -> event.event().payload().get("alias").equals("moving/prod"))
                .toList());
    assertThat(events)
        .extracting(event -> event.event().payload().get("act"))
        .containsExactly("set", "set", "set", "rollback", "rollback", "remove");
    assertThat(events).extracting(RecordedEvent::number).isSorted();
  }

  @Test
  void anAliasStandsWhereverAnImagesNameDoes() throws Exception {
    Image first = server.golden("us-east-1", "named");
    server.golden("us-east-1", "named-9");
    commands.run(0, "alias", "set", "named/prod", "named");
    commands.run(0, "alias", "set", "named/stable", "named/prod");
    String other = server.accounts.create("other").id();
    try (AppStreamClient client = server.client("us-east-1")) {
      assertThat(client.describeImages(r -> r.names("named/prod")).images())
          .extracting(image -> image.name())
          .containsExactly("named");
      assertThat(
              client
                  .createUpdatedImage(
                      r -> r.existingImageName("named/prod").newImageName("named-2").dryRun(true))
                  .image()
                  .name())
          .isEqualTo("named");
      client.updateImagePermissions(r ->
          r.name("named/prod").sharedAccountId(other).imagePermissions(p -> p.allowFleet(true)));
      assertThat(
              client
                  .describeImagePermissions(r -> r.name("named/prod"))
                  .sharedImagePermissionsList())
          .hasSize(1);
      Map<String, List<Hold>> holds =
          server.database.read(handle -> Holds.of(handle, List.of(first.id())));
      assertThat(holds.getOrDefault(first.id(), List.of()))
          .containsExactlyInAnyOrder(
              new Hold(Hold.Kind.ALIAS, "named/prod"),
              new Hold(Hold.Kind.ALIAS, "named/stable"),
              new Hold(Hold.Kind.SHARE, other));
      client.deleteImagePermissions(r -> r.name("named/prod").sharedAccountId(other));
      client.copyImage(r ->
          r.sourceImageName("named/prod")
              .destinationImageName("named-copy")
              .destinationRegion("us-east-1"));
      server.copyJob().run(imageId("named-copy"), server.lease(imageId("named-copy")));
      assertThatThrownBy(() -> client.describeImages(r -> r.names("named/none")))
          .isInstanceOf(ResourceNotFoundException.class);
      assertThatThrownBy(() -> client.deleteImage(r -> r.name("named/none")))
          .isInstanceOf(ResourceNotFoundException.class)
          .hasMessageContaining("Alias named/none of account");
      assertThatThrownBy(() -> client.deleteImage(r -> r.name("named/prod/x")))
          .isInstanceOf(AppStreamException.class)
          .hasMessageContaining("regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$");
      assertThatThrownBy(() ->
              client.createUpdatedImage(
                  r -> r.existingImageName("named").newImageName("named/next").dryRun(true)))
          .as("an alias is no name for a new image")
          .isInstanceOf(AppStreamException.class)
          .hasMessageContaining("'newImageName'");
      for (String name : List.of("named", "named/prod")) {
        assertThatThrownBy(() -> client.deleteImage(r -> r.name(name)))
            .isInstanceOf(ResourceInUseException.class)
            .hasMessageContaining("The alias named/prod names the image named.");
      }
    }
    assertThat(commands.run(0, "show", "named/prod")).contains("AVAILABLE");
    assertThat(commands.run(0, "sbom", "named/prod")).contains("openssl");
    assertThat(commands.run(0, "diff", "named/prod", "named-9"))
        .contains("Both images have the same packages.");
    assertThat(commands.run(0, "update", "named/prod", "named-5", "--dry-run")).contains("openssl");
  }

  @Test
  void anImageIsInOneLineWithItsSuccession() throws Exception {
    Image first = server.golden("us-east-1", "succession");
    Image second = child(first, "succession-2");
    child(second, "succession-3");
    server.golden("us-east-1", "stranger");
    commands.run(0, "alias", "set", "succession/latest", "succession-2");
    assertThat(commands.run(0, "line", "show", "succession"))
        .containsPattern("succession-3 +PENDING")
        .containsPattern("succession-2 +AVAILABLE +\\S+ +succession/latest")
        .containsPattern("(?m)^succession +AVAILABLE");
    assertThat(commands.run(1, "alias", "set", "other/latest", "succession"))
        .contains("The image succession is in the line succession. Use that line, or take it out:");
    assertThat(commands.run(1, "alias", "set", "succession/latest", "succession-3"))
        .contains("The image succession-3 is PENDING; an alias names only an AVAILABLE image.");
    assertThat(commands.run(1, "line", "remove", "succession", "succession-2"))
        .contains("The alias succession/latest names the image succession-2.");
    assertThat(commands.run(1, "line", "remove", "succession", "stranger"))
        .contains("The image stranger is not in the line succession.");
    commands.run(0, "line", "remove", "succession", "succession");
    assertThat(commands.run(0, "line", "show", "succession")).doesNotContain("succession  ");
    assertThat(commands.run(0, "line", "list")).contains("succession");
    assertThat(commands.run(1, "line", "show", "nowhere"))
        .contains(
            "The line nowhere of", "A line begins with an image: regild line add nowhere IMAGE");
  }

  @Test
  void badNamesAreRefusedWithWords() throws Exception {
    server.golden("us-east-1", "badly");
    assertThat(commands.run(1, "alias", "set", "badly", "badly"))
        .contains("'badly' is not the name of an alias. Write LINE/NAME, such as golden/prod");
    assertThat(commands.run(1, "alias", "set", "badly/a/b", "badly")).contains("not the name of");
    assertThat(commands.run(1, "alias", "set", "badly/prod", "missing"))
        .contains("Image missing of");
    assertThat(commands.run(1, "alias", "history", "badly/none"))
        .contains("Alias badly/none of", "does not exist. List the aliases: regild alias list");
    assertThat(commands.run(1, "alias", "remove", "badly")).contains("not the name of an alias");
    assertThat(commands.run(1, "line", "add", "bad line", "badly"))
        .contains("'bad line' is not the name of a line.");
  }

  private static Image child(Image existing, String name) {
    Image created =
        existing.updated(
            name,
            Optional.empty(),
            Optional.empty(),
            "sha256:" + "1".repeat(64),
            existing.created().plusSeconds(60));
    server.database.useTransaction(handle -> Images.insert(handle, created));
    if (name.endsWith("-2")) {
      server.database.useTransaction(handle ->
          handle.execute(
              "UPDATE image SET state = 'AVAILABLE', layer_id = ?, inventory_digest = ?,"
                  + " disk_layout = (SELECT disk_layout FROM image WHERE id = ?) WHERE id = ?",
              existing.disk().orElseThrow().layer(),
              existing.disk().orElseThrow().inventory(),
              existing.id(),
              created.id()));
    }
    return created;
  }

  private static String imageId(String name) {
    return server.database.read(handle -> Images.require(handle, owner, name)).id();
  }
}
