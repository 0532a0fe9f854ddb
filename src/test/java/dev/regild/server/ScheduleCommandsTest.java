package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Schedules by the commands, against a server that has no channel. */
@ExtendWith(RunningServer.class)
@EachDatabase
class ScheduleCommandsTest {
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    commands = CommandLineOf.of(running);
    running.golden("us-east-1", "golden");
    commands.run(0, "line", "add", "golden", "golden");
  }

  @Test
  void aScheduleIsAddedShownAndRemoved() {
    assertThat(commands.run(0, command("nightly", "--dry-run")))
        .startsWith("Now: ")
        .containsPattern("golden  golden +not needed +No channel for DEBIAN_12")
        .contains("\nAt 20");
    assertThat(commands.run(0, "schedule", "list")).doesNotContain("nightly");
    assertThat(commands.run(0, command("nightly")))
        .startsWith("Added nightly. Its next time is 20");
    assertThat(commands.run(1, command("nightly")))
        .contains("The schedule nightly exists already. Remove it first:");
    assertThat(commands.run(0, "schedule", "list"))
        .containsPattern("nightly +yes +0 2 \\* \\* \\* +Europe/Berlin +golden +20");
    assertThat(commands.run(0, "schedule", "run", "nightly"))
        .containsPattern("golden +golden +not needed +No channel for DEBIAN_12");
    assertThat(commands.run(0, "schedule", "show", "nightly"))
        .contains("nightly is enabled.", "when: {\"security\":true,\"moreThan\":3}")
        .contains("ended. Asked for.", "No channel for DEBIAN_12");
    assertThat(commands.run(0, "schedule", "disable", "nightly")).contains("Disabled nightly.");
    assertThat(commands.run(0, "schedule", "list")).containsPattern("nightly +no .* -\n");
    assertThat(commands.run(0, "schedule", "run", "nightly", "--dry-run"))
        .startsWith(
            "nightly is disabled, so nothing happens at its times."
                + " Enable it: regild schedule enable nightly\nNow: ");
    assertThat(commands.run(0, "schedule", "enable", "nightly"))
        .startsWith("Enabled nightly. Its next time is 20");
    assertThat(commands.run(0, "schedule", "remove", "nightly")).contains("Removed nightly.");
    assertThat(commands.run(1, "schedule", "show", "nightly"))
        .contains("The schedule nightly of", "does not exist. List the schedules:");
  }

  private static String[] command(String name, String... more) {
    String[] usual = {
      "schedule",
      "add",
      name,
      "--line",
      "golden",
      "--cron",
      "0 2 * * *",
      "--zone",
      "Europe/Berlin",
      "--security",
      "--more-than",
      "3"
    };
    String[] all = Arrays.copyOf(usual, usual.length + more.length);
    System.arraycopy(more, 0, all, usual.length, more.length);
    return all;
  }

  @Test
  void whatCanNotBeIsRefusedWhenItIsGiven() {
    assertThat(commands.run(1, "schedule", "add", "x", "--line", "a", "--cron", "0 0 30 2 *"))
        .contains("The cron '0 0 30 2 *' never fires");
    assertThat(
            commands.run(
                1, "schedule", "add", "x", "--line", "a", "--cron", "0 2 * * *", "--zone", "Mars"))
        .contains("The time zone 'Mars' does not exist.");
    assertThat(
            commands.run(
                1, "schedule", "add", "x", "--line", "a", "--cron", "0 2 * * *", "--pattern", "x"))
        .contains("makes the same name each time");
    assertThat(commands.run(2, "schedule", "add", "x", "--line", "a")).contains("--cron");
  }
}
