package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The processes of virtual machines: QEMU and swtpm. */
final class MachineProcesses {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private MachineProcesses() {}

  /** How many there are whose command line holds a text, of whatever parent. */
  static long with(String text) {
    return ProcessHandle.allProcesses().filter(p -> isOfMachine(p, text)).count();
  }

  private static boolean isOfMachine(ProcessHandle process, String text) {
    try {
      String command = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
      return command.contains(text) && command.matches("(?s)(/[^\0]*/)?(qemu-system|swtpm).*");
    } catch (IOException gone) {
      return false;
    }
  }

  static void assertNoneOfOurs() {
    assertThat(
            ProcessHandle.current()
                .descendants()
                .filter(p -> p.info().command().orElse("").matches(".*(qemu-system|swtpm).*")))
        .isEmpty();
  }

  /**
   * Kills a JVM, as {@code kill -9} does, when its machine runs; the machine must go with it.
   *
   * @param main a program that prints a line when its machine runs
   * @param text that the command lines of its machine hold
   * @param processes how many it has at least
   */
  static void assertEndWithTheirJvm(Class<?> main, List<Path> arguments, String text, int processes)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path"), main.getName()));
    arguments.forEach(each -> command.add(each.toString()));
    Process jvm =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var reader = jvm.inputReader()) {
      assertThat(reader.readLine()).isEqualTo("up");
    }
    assertThat(with(text)).isGreaterThanOrEqualTo(processes);
    jvm.destroyForcibly().waitFor(); // On Linux, this is SIGKILL.
    Deadline deadline = Deadline.in(LIMIT);
    while (with(text) > 0 && !deadline.isOver()) {
      Thread.sleep(50);
    }
    assertThat(with(text)).isZero();
  }
}
