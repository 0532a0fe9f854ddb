package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.feed.FeedKind;
import dev.regild.image.quota.Quota;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

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
