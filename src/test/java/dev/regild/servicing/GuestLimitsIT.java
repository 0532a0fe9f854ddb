package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The control groups of this machine stop what takes too much; by limits far below a guest's. */
@EnabledIf("canRun")
class GuestLimitsIT {
  /**
   * In a group of 40 processes and 64 MiB: 100 processes that sleep a moment, and a page in each of
   * 128 MiB.
   */
  private static final String PROGRAM =
      """
      import os, subprocess, guest_limits
      group = guest_limits.GuestGroup(guest_limits.Limits(64 << 20, 40, 1 << 20))
      try:
          print('missing', group.missing)
          def run(*command):
              return subprocess.run(command, preexec_fn=group.enter, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True)
          started = run('perl', '-e', '''
              for (1 .. 100) { my $p = fork; last unless defined $p; $p || exec 'sleep', 1; $n++ }
              print "$n\\n"''')
          print('started', started.stdout.strip())
          print('memory', run('perl', '-e', '$x = "x" x (128 << 20); print "all"').returncode)
          print('little', run('perl', '-e', '$x = "x" x (8 << 20); print "all"').stdout)
      finally:
          paths = list(group._paths)
          group.remove()
      print('left', [path for path in paths if os.path.exists(path)])
      """;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable();
  }

  @Test
  void aForkBombAndAGreedyProgramAreStopped() throws Exception {
    Path resources = Path.of("src/main/resources/dev/regild/servicing").toAbsolutePath();
    List<String> said =
        Program.of("python3", "-B", "-c", PROGRAM)
            .with("PYTHONPATH", resources.toString())
            .run()
            .lines()
            .toList();
    assumeTrue(said.getFirst().equals("missing []"), "this host: " + said.getFirst());
    assertThat(said.get(1)).matches("started 3\\d");
    assertThat(said.get(2)).as("by SIGKILL").isEqualTo("memory -9");
    assertThat(said.get(3)).isEqualTo("little all");
    assertThat(said.get(4)).isEqualTo("left []");
  }
}
