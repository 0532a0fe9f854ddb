package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.fixtures.EachDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Notices, events and policy files, by the commands. */
@ExtendWith(RunningServer.class)
@EachDatabase
class NoticeCommandsTest {
  private static ServerFixture server;
  private static CommandLineOf commands;
  private static HttpServer receiver;

  /** A webhook that accepts everything. */
  private static String hook;

  private static String policies;

  @TempDir Path directory;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    server.golden("us-east-1", "happening");
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
    hook = "http://127.0.0.1:%d/hook".formatted(receiver.getAddress().getPort());
    policies =
        """
        kind: Schedule
        name: filed
        spec:
          lines: [filed]
          cron: "0 2 * * *"
          zone: Europe/Berlin
          when: {security: true}
        ---
        kind: Notice
        name: filed
        spec: {to: "%s", events: [schedule.disabled]}
        """
            .formatted(hook);
  }

  @AfterAll
  static void stop() {
    receiver.stop(0);
  }

  @Test
  void aNoticeIsAddedListedAndRemoved() {
    String added = commands.run(0, "notice", "add", "chat", "--to", hook, "--event", "alias.moved");
    assertThat(added).contains("Added chat. Its deliveries are signed with: whsec_");
    String secret = added.substring(added.indexOf("whsec_")).strip();
    assertThat(commands.run(0, "notice", "secret", "chat").strip()).isEqualTo(secret);
    assertThat(commands.run(0, "notice", "list"))
        .containsPattern("chat +" + hook + " +0 +0 +0\n")
        .doesNotContain(secret);
    assertThat(commands.run(1, "notice", "add", "chat", "--to", hook))
        .contains("The notice chat exists already.");
    assertThat(commands.run(1, "notice", "add", "x", "--to", "http://10.0.0.1/"))
        .contains("has the private address 10.0.0.1. The operator can allow it");
    assertThat(commands.run(1, "notice", "add", "x", "--to", "http://127.0.0.1:1/"))
        .contains("Notice x: to is http://127.0.0.1:1/. It can't be reached");
    assertThat(commands.run(1, "notice", "add", "x", "--to", "ops@example.com"))
        .contains("Notice x: this server sends no e-mail. The operator can set mail.server");
    assertThat(commands.run(0, "notice", "remove", "chat")).isEqualTo("Removed chat.\n");
    assertThat(commands.run(1, "notice", "secret", "chat")).contains("does not exist");
  }

  @Test
  void eventsAreShownInOrder() {
    commands.run(0, "alias", "set", "happening/a", "happening");
    commands.run(0, "alias", "set", "happening/b", "happening");
    assertThat(commands.run(0, "events"))
        .contains("key.first-used")
        .containsPattern(
            "(?s)alias.moved +happening .*alias=happening/a.*alias.moved +happening .*happening/b");
    String last = commands.run(0, "events").lines().toList().getLast();
    String number = last.substring(0, last.indexOf(' '));
    assertThat(commands.run(0, "events", "--after", number)).isEmpty();
    assertThat(commands.run(0, "events", "--json"))
        .contains("\"specversion\":\"1.0\"", "\"type\":\"dev.regild.alias.moved\"");
  }

  @Test
  void policiesAreAppliedOnceAndAsAWhole() throws Exception {
    Path file = Files.writeString(directory.resolve("policies.yaml"), policies);
    assertThat(commands.run(0, "policy", "diff", directory.toString()))
        .contains("add Schedule filed", "+ cron: \"0 2 * * *\"", "add Notice filed");
    assertThat(commands.run(0, "policy", "apply", file.toString()))
        .contains("add Schedule filed", "add Notice filed");
    assertThat(commands.run(0, "policy", "apply", file.toString()))
        .isEqualTo("Nothing has changed.\n");
    assertThat(commands.run(0, "policy", "diff", file.toString()))
        .isEqualTo("There is no difference.\n");
    Path exported =
        Files.writeString(directory.resolve("exported.yml"), commands.run(0, "policy", "export"));
    assertThat(commands.run(0, "policy", "apply", exported.toString(), "--prune"))
        .as(Files.readString(exported))
        .isEqualTo("Nothing has changed.\n");
    Files.writeString(file, policies.replace("0 2 * *", "0 4 * *"));
    assertThat(commands.run(0, "policy", "apply", file.toString()))
        .isEqualTo(
            """
            change Schedule filed
              - cron: "0 2 * * *"
              + cron: "0 4 * * *"
            """);
    Files.writeString(
        file, policies.replace("0 2 * *", "0 6 * *").replace("127.0.0.1", "10.0.0.1"));
    assertThat(commands.run(1, "policy", "apply", file.toString()))
        .contains("Notice filed: to is http://10.0.0.1:")
        .contains("The host 10.0.0.1 has the private address");
    assertThat(commands.run(0, "policy", "export")).contains("0 4 * *").doesNotContain("0 6 * *");
    Files.writeString(
        file, policies.substring(0, policies.indexOf("---")).replace("filed", "kept"));
    assertThat(commands.run(0, "policy", "apply", file.toString(), "--prune"))
        .contains("remove Notice filed");
    assertThat(commands.run(0, "policy", "export")).doesNotContain("Notice");
    String audited = server.audited("Schedule kept");
    assertThat(audited.lines().toList().getLast())
        .as("what no document has")
        .contains("Schedule kept", "Notice filed", "Schedule filed");
  }

  @Test
  void whatIsNoPolicyIsRefusedWithItsPlace() throws IOException {
    assertRefused("kind: [", "This is not YAML:");
    assertRefused("- a", "Document 1 is not a policy. Write kind, name and spec.");
    assertRefused(
        "kind: Cake",
        "Document 1 has the kind 'Cake'. It must be one of Ring, Schedule, Retention, Notice");
    assertRefused("kind: Notice", "Document 1 is a Notice without a name.");
    assertRefused("kind: Notice\nname: a\ncolour: red", "Document 1 has the unknown key colour.");
    assertRefused("kind: Notice\nname: a", "Notice a: spec must be a map of keys and values.");
    assertRefused(
        "kind: Notice\nname: a\nspec: {to: 'https://x/'}\n---\nkind: Notice\nname: a\nspec: {}",
        "Notice a occurs twice.");
    assertThat(commands.run(1, "policy", "apply", directory.resolve("none").toString()))
        .contains("none");
  }

  @Test
  void severalFilesAreAppliedTogetherAndAnErrorNamesItsFile() throws IOException {
    Path several = Files.createDirectory(directory.resolve("several"));
    String schedule = "kind: Schedule\nname: %s\nspec: {lines: several, cron: '%s * * *'}\n";
    Path first = Files.writeString(several.resolve("1.yaml"), schedule.formatted("one", "0 1"));
    Path second = Files.writeString(several.resolve("2.yml"), "# nothing yet\n");
    assertThat(commands.run(0, "policy", "apply", several.toString()))
        .startsWith("add Schedule one\n")
        .doesNotContain("two");
    Files.writeString(second, "# one\n# two\nkind: Schedule\nname: [two\n");
    assertThat(commands.run(1, "policy", "apply", several.toString()))
        .contains(second + ": This is not YAML: ", "(line 4).");
    Files.writeString(second, schedule.formatted("two", "0 99"));
    assertThat(commands.run(1, "policy", "diff", first.toString(), second.toString()))
        .contains(second + ": '0 99 * * *' is not a cron expression");
    Files.writeString(second, schedule.formatted("one", "0 3"));
    assertThat(commands.run(1, "policy", "apply", several.toString()))
        .contains(second + ": Schedule one is in " + first + ", too. Remove one of them.");
    Files.writeString(second, schedule.formatted("two", "0 3"));
    assertThat(commands.run(0, "policy", "apply", several.toString()))
        .startsWith("add Schedule two\n")
        .doesNotContain("Schedule one");
    Files.write(second, new byte[] {'a', (byte) 0xff});
    assertThat(commands.run(1, "policy", "apply", several.toString()))
        .contains("The file " + second + " is not UTF-8.");
    assertThat(commands.run(1, "policy", "apply", several.resolve("3.yaml").toString()))
        .contains("3.yaml does not exist.");
    commands.run(0, "schedule", "remove", "one");
    commands.run(0, "schedule", "remove", "two");
  }

  @Test
  void theLastEventsAreShownHoweverManyOthersHave() {
    commands.run(0, "alias", "set", "happening/seen", "happening");
    server.database.useTransaction(handle -> {
      for (int i = 0; i < 150; i++) {
        Events.append(
            handle,
            new Event(EventType.UPDATE_ACCEPTED, "999999999999", "us-east-1", "x", Map.of()),
            Instant.now());
      }
    });
    assertThat(commands.run(0, "events")).contains("alias=happening/seen");
  }

  private void assertRefused(String yaml, String message) throws IOException {
    Path file = Files.writeString(directory.resolve("bad.yaml"), yaml);
    assertThat(commands.run(1, "policy", "apply", file.toString())).contains(message);
  }
}
