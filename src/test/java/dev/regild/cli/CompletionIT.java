package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts of {@code regild completion}, in the shells that they are for. */
class CompletionIT {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "regild ver,verify",
    "regild channel re,refresh",
    "regild update --dry,--dry-run",
    "regild channel add --platf,--platform"
  })
  void bashCompletes(String typed, String expected) throws Exception {
    // What bash does when somebody presses the tabulator.
    String pressed =
        """
        source "$0"
        COMP_WORDS=($1)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMP_LINE=$1 COMP_POINT=${#1}
        _complete_regild regild "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    assertThat(Program.of(List.of("bash", "-c", pressed, script("bash").toString(), typed)).run())
        .contains(expected);
  }

  @Test
  void fishCompletes() throws Exception {
    HostTools.assumeInstalled("fish");
    for (String[] each :
        List.of(
            new String[] {"regild ver", "verify"},
            new String[] {"regild channel re", "refresh"},
            new String[] {"regild channel add --platf", "--platform"})) {
      assertThat(
              Program.of(
                      List.of(
                          "fish",
                          "--no-config",
                          "-c",
                          "source %s; complete -C '%s'".formatted(script("fish"), each[0])))
                  .run())
          .contains(each[1]);
    }
  }

  @Test
  void zshReadsItsScript() throws Exception {
    HostTools.assumeInstalled("zsh");
    String loads =
        "autoload -Uz compinit && compinit -u -D && source $0 && whence -w _complete_regild";
    assertThat(Program.of(List.of("zsh", "-f", "-c", loads, script("zsh").toString())).run())
        .contains("_complete_regild: function");
  }

  private Path script(String shell) throws Exception {
    StringWriter out = new StringWriter();
    assertThat(Regild.run(new PrintWriter(out), new PrintWriter(out), "completion", shell))
        .isZero();
    return Files.writeString(directory.resolve("completion." + shell), out.toString());
  }
}
