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
  private static final Duration LIMIT = Duration.ofMinutes(1);

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

  /**
   * Looks at each process of a machine from outside: it has no powers, is in QEMU's seccomp sandbox
   * where it is QEMU, and the host's files are not there for it.
   *
   * @param text that the command lines of its machine hold
   * @param canary a file of the host
   */
  static void assertConfined(String text, Path canary) throws IOException {
    List<ProcessHandle> found =
        ProcessHandle.allProcesses().filter(p -> isOfMachine(p, text)).toList();
    assertThat(found).isNotEmpty();
    for (ProcessHandle process : found) {
      Path proc = Path.of("/proc/" + process.pid());
      assertThat(Files.readString(proc.resolve("status")))
          .containsPattern("CapEff:\\s+0000000000000000\n")
          .containsPattern("CapBnd:\\s+0000000000000000\n")
          .containsPattern("NoNewPrivs:\\s+1\n")
          .containsPattern("Seccomp:\\s+" + (isQemu(proc) ? "2" : "[02]") + "\n");
      String root = proc.resolve("root").toString();
      assertThat(Path.of(root + canary)).doesNotExist();
      assertThat(Path.of(root + "/etc/passwd")).doesNotExist();
      assertThat(Path.of(root + "/usr/bin")).isDirectory();
      assertThat(Files.readString(proc.resolve("net/dev")).lines().skip(2))
          .allMatch(line -> line.strip().startsWith("lo:"));
    }
  }

  private static boolean isQemu(Path proc) throws IOException {
    return Files.readString(proc.resolve("cmdline")).split("\0", 2)[0].contains("qemu-system");
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
