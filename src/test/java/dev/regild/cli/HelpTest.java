package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.feed.FeedKind;
import dev.regild.image.quota.Quota;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {
  @Test
  void everyQuotaThatCanBeSetIsNamed() {
    String help = help("account", "quota", "--help");
    for (Quota quota : Quota.values()) {
      assertThat(help).contains(quota.key());
    }
  }

  @Test
  void everyKindOfFeedIsNamed() {
    String help = help("feed", "add", "--help");
    for (FeedKind kind : FeedKind.values()) {
      assertThat(help).contains(kind.word());
    }
  }

  @Test
  void everyCommandSaysWhatItDoesInTheSameForm() {
    assertThat(help("--help").lines().filter(line -> line.matches("  [a-z]+ +[A-Z].*")))
        .hasSizeGreaterThan(10)
        .allMatch(line -> line.matches("  [a-z]+ +[A-Z][a-z]*s .*"));
  }

  @Test
  void everyCommandHasHelp() {
    Regild.allCommands()
        .getSubcommands()
        .forEach((name, command) -> {
          assertThat(help(name, "--help")).as(name).contains("Usage: regild " + name);
          if (!name.equals("help")) {
            command
                .getSubcommands()
                .keySet()
                .forEach(each ->
                    assertThat(help(name, each, "--help"))
                        .contains("Usage: regild %s %s".formatted(name, each)));
          }
        });
  }

  @Test
  void everyCommandThatListsOrShowsPrintsData() {
    List<CommandLine> all = new ArrayList<>();
    collect(Regild.allCommands(), all);
    assertThat(all.stream().filter(HelpTest::printsData))
        .hasSizeGreaterThan(20)
        .allSatisfy(command ->
            assertThat(command.getCommandSpec().findOption("--output"))
                .as(command.getCommandSpec().qualifiedName())
                .isNotNull()
                .extracting(OptionSpec::paramLabel)
                .isEqualTo("table|json|yaml"));
  }

  private static void collect(CommandLine command, List<CommandLine> into) {
    into.add(command);
    command.getSubcommands().values().forEach(each -> collect(each, into));
  }

  private static boolean printsData(CommandLine command) {
    String[] words = command.getCommandSpec().usageMessage().description();
    return words.length > 0 && words[0].matches("(Lists|Shows) .*");
  }

  @Test
  void theExitStatusTellsSuccessFailureAndWrongUse() {
    assertThat(status("--version")).isZero();
    assertThat(status("images", "--help")).isZero();
    // Documented in docs/operations.md: 1 is a failure, and 2 is wrong use.
    assertThat(status("verify", "/none/such", "--key", "/none/such.pem")).isOne();
    assertThat(status("channel", "list", "--data", "/none/such")).isOne();
    assertThat(status()).isEqualTo(2);
    assertThat(status("no-such-command")).isEqualTo(2);
    assertThat(status("images", "--no-such-option")).isEqualTo(2);
    assertThat(status("show")).as("without the image's name").isEqualTo(2);
    assertThat(status("images", "--output", "xml")).isEqualTo(2);
  }

  private static int status(String... args) {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    return Regild.run(nowhere, nowhere, args);
  }

  /** The process ends right after a command; what is in a buffer then is lost. */
  @Test
  void whatACommandPrintsWithoutALineEndIsWritten() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    int status =
        Regild.run(
            (out, err) -> Regild.run(out, err, "completion", "fish"),
            written,
            new ByteArrayOutputStream());
    StringWriter whole = new StringWriter();
    assertThat(Regild.run(new PrintWriter(whole), new PrintWriter(whole), "completion", "fish"))
        .isEqualTo(status)
        .isZero();
    assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo(whole.toString());
  }

  private static String help(String... args) {
    StringWriter out = new StringWriter();
    assertThat(Regild.run(new PrintWriter(out), new PrintWriter(new StringWriter()), args))
        .isZero();
    return out.toString();
  }
}
