package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.image.quota.Quota;
import java.io.PrintWriter;
import java.io.StringWriter;
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
  void everyCommandSaysWhatItDoesInTheSameForm() {
    assertThat(help("--help").lines().filter(line -> line.matches("  [a-z]+ +[A-Z].*")))
        .hasSizeGreaterThan(10)
        .allMatch(line -> line.matches("  [a-z]+ +[A-Z][a-z]*s .*"));
  }

  private static String help(String... args) {
    StringWriter out = new StringWriter();
    assertThat(Regild.run(new PrintWriter(out), new PrintWriter(new StringWriter()), args))
        .isZero();
    return out.toString();
  }
}
