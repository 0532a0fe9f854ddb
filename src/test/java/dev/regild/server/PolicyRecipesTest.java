package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The commands of the recipes in docs/policies.md do what the recipes say. */
@ExtendWith(RunningServer.class)
@EachDatabase
class PolicyRecipesTest {
  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  @Test
  void theRecipesWorkAsTheyAreWritten(ServerFixture server) throws Exception {
    CommandLineOf commands = CommandLineOf.of(server);
    List<List<String[]>> recipes = recipes();
    assertThat(recipes).hasSize(4);
    for (String name : List.of("golden", "web-1", "web-2", "dev-1")) {
      server.golden("us-east-1", name);
    }
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(server.data.resolve("recipes")))) {
      repository.publish(
          key,
          Map.of("Date", "Mon, 02 Feb 2026 00:00:00 UTC"),
          List.of(new Deb("openssl", "3.0.12-1")));
      ChannelStore channels = new ChannelStore(server.data, Clock.systemUTC());
      channels.add(new Channel("debian", "DEBIAN_12", List.of(repository.source(key))));
      var _ = channels.refresh("debian");

      String dryRun = run(commands, recipes.get(0));
      assertThat(dryRun)
          .startsWith("Now: ")
          .containsPattern(
              "golden +golden +not needed +its update has 1 change, and none fixes a security")
          .containsPattern("(?s)(\nAt 20[^\n]+T0[01]:00:00Z.*){5}");

      run(commands, recipes.get(1));
      commands.run(0, "line", "add", "web-1", "web-1");
      commands.run(0, "line", "add", "web-2", "web-2");
      assertThat(commands.run(0, "schedule", "run", "monthly", "--dry-run"))
          .containsPattern("web-1 +web-1 +not needed +its newest image is of .*, and quiet is 20d")
          .contains("web-2");

      run(commands, recipes.get(2));
      assertThat(commands.run(0, "schedule", "run", "prod", "--dry-run"))
          .contains("The ring prod of the channel debian has no snapshot yet.");
      assertThat(commands.run(1, "ring", "promote", "debian", "dev", "prod"))
          .contains("0 of 1 images of the ring dev that were made from it are qualified");
      String snapshot = channels.currentDigest("debian").orElseThrow();
      Image updated = server.golden("us-east-1", "dev-2");
      server.database.useTransaction(handle ->
          handle.execute(
              """
              INSERT INTO update_run (
                image_id, existing_image_id, existing_image_name, snapshot_digest, plan, status,
                attempt, created)
              VALUES (?, 'none', 'dev-1', ?, '{}', 'SUCCEEDED', 1, 1)
              """,
              updated.id(),
              snapshot));
      commands.run(0, "line", "add", "dev", "dev-2");
      assertThat(run(commands, recipes.get(3))).contains("prod has the snapshot of dev");
      assertThat(commands.run(0, "schedule", "run", "prod", "--dry-run"))
          .containsPattern("golden +golden +update +1 change, 0 for security");
    }
  }

  /** Returns what the last command says. */
  private static String run(CommandLineOf commands, List<String[]> recipe) {
    String said = "";
    for (String[] each : recipe) {
      said = commands.run(0, each);
    }
    return said;
  }

  /** The blocks of the section, each a list of commands. */
  private static List<List<String[]>> recipes() throws Exception {
    String text = Files.readString(Path.of("docs/policies.md"));
    Matcher blocks =
        BLOCK.matcher(text.substring(text.indexOf("\n## Recipes"), text.indexOf("\n## Words")));
    List<List<String[]>> recipes = new ArrayList<>();
    while (blocks.find()) {
      recipes.add(
          blocks.group(1).replace("\\\n", " ").lines().map(PolicyRecipesTest::words).toList());
    }
    return recipes;
  }

  private static String[] words(String command) {
    assertThat(command).startsWith("regild ");
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(command.substring("regild ".length()));
    while (word.find()) {
      words.add(word.group(1) == null ? word.group(2) : word.group(1));
    }
    return words.toArray(String[]::new);
  }
}
