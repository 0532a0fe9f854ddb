package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Help on a terminal, which {@code script} makes. */
class TerminalIT {
  private static final String ESCAPE = "\u001b";

  @Test
  void helpIsInColourUnlessNoColorIsSet() throws Exception {
    assertThat(help("-u NO_COLOR")).contains("Keeps golden images current", ESCAPE + "[");
    assertThat(help("NO_COLOR=1")).contains("Keeps golden images current").doesNotContain(ESCAPE);
  }

  private static String help(String variables) throws Exception {
    String command =
        "env %s '%s/bin/java' -XX:TieredStopAtLevel=1 -cp '%s' dev.regild.cli.Regild --help"
            .formatted(
                variables, System.getProperty("java.home"), System.getProperty("java.class.path"));
    Program script =
        new Program(
            List.of("script", "--quiet", "--return", "--command", command, "/dev/null"),
            Duration.ofMinutes(1),
            Map.of("TERM", "xterm"));
    return script.run();
  }
}
