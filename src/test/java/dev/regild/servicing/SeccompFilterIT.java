package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.regild.machine.Program;
import dev.regild.servicing.SyscallTable.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The filter in the kernel of this machine, as bubblewrap installs it: each call by its number.
 * Each error of the filter is raised by {@value #RAISED}, to a number that the kernel itself
 * returns for nothing, so it is the filter that closes a call, and not a missing capability.
 */
class SeccompFilterIT {
  private static final int RAISED = 2000;
  private static final int NOT_IMPLEMENTED = RAISED + 38;

  /** What "served" needs no proof for: waits for every disk of the machine. */
  private static final Set<String> NOT_CALLED = Set.of("sync");

  /**
   * Since 6.14 the kernel shows these to Unknown filter, and serves them to its own probes alone.
   */
  static final Set<String> NEVER_FILTERED = Set.of("uprobe", "uretprobe");

  @TempDir static Path directory;

  private static String machine;
  private static boolean arm;
  private static Path raised;

  @BeforeAll
  static void compile() throws Exception {
    machine = Program.of("uname", "-m").run().strip();
    arm = machine.equals("aarch64");
    for (String name : List.of("guest_seccomp.py", "guest-syscalls.txt")) {
      Files.write(directory.resolve(name), Resources.read(name));
    }
    raised =
        Files.write(
            directory.resolve("raised"),
            BpfProgram.parse(Files.readAllBytes(compiled("filter", "'%s'".formatted(machine))))
                .withErrorsRaisedBy(RAISED)
                .bytes());
  }

  private static Path compiled(String name, String arguments) throws Exception {
    Path filter = directory.resolve(name);
    Program.of(
            "python3",
            "-B",
            "-c",
            "import guest_seccomp; open('%s', 'wb').write(guest_seccomp.compile_filter(%s))"
                .formatted(filter, arguments))
        .with("PYTHONPATH", directory.toString())
        .run();
    return filter;
  }

  private static Map<String, String> called(List<String> calls) throws Exception {
    List<String> command = new ArrayList<>();
    // Only a shell hands a descriptor on.
    command.addAll(List.of("bash", "-c", "exec 9<\"$0\"; exec \"$@\"", raised.toString()));
    command.addAll(List.of("bwrap", "--die-with-parent", "--new-session", "--seccomp", "9"));
    command.addAll(List.of("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"));
    command.addAll(List.of("--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev"));
    command.addAll(List.of("--proc", "/proc", "--tmpfs", "/tmp"));
    command.addAll(
        List.of("--ro-bind", Path.of("src/test/resources").toAbsolutePath().toString(), "/tmp"));
    command.addAll(List.of("perl", "/tmp/dev/regild/servicing/probe-calls.pl"));
    command.addAll(calls);
    Map<String, String> answers = new TreeMap<>();
    List<String> lines = Program.of(command).within(Duration.ofMinutes(3)).run().lines().toList();
    assertThat(lines).hasSameSizeAs(calls);
    for (int i = 0; i < lines.size(); i++) {
      answers.put(calls.get(i), lines.get(i).split(" ", -1)[1]);
    }
    return answers;
  }

  private static String number(Row row) {
    return row.numbers().get(arm ? 1 : 0).orElseThrow().toString();
  }

  private static List<Row> rows() throws GuestException {
    return SyscallTable.read().rows().stream()
        .filter(row -> row.numbers().get(arm ? 1 : 0).isPresent())
        .toList();
  }

  @Test
  void everyForbiddenCallIsStoppedByTheFilterAlone() throws Exception {
    List<Row> denied =
        rows().stream()
            .filter(Row::denied)
            .filter(row -> !NEVER_FILTERED.contains(row.name()))
            .toList();
    Map<String, String> expected = new TreeMap<>();
    for (Row row : denied) {
      expected.put(number(row), String.valueOf(RAISED + SyscallTable.ERRORS.get(row.verdict())));
    }
    for (int unknown : List.of(600, 1000, 0x40000000, 0x40000000 | 59)) {
      expected.put(String.valueOf(unknown), String.valueOf(NOT_IMPLEMENTED));
    }
    assertThat(expected).hasSizeGreaterThan(80);
    assertThat(called(List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  /** With arguments that the kernel refuses; that it does, or is busy with them, is the proof. */
  @Test
  void everyAllowedCallReachesTheKernel() throws Exception {
    List<String> calls =
        rows().stream()
            .filter(Row::allowed)
            .filter(row -> !NOT_CALLED.contains(row.name()))
            .map(row -> number(row) + ":-1:-1:-1:-1:-1:-1")
            .toList();
    assertThat(calls).hasSizeGreaterThan(200);
    assertThat(called(calls).values().stream().filter(SeccompFilterIT::isRaised)).isEmpty();
  }

  private static boolean isRaised(String answer) {
    return answer.matches("\\d+") && Integer.parseInt(answer) >= RAISED;
  }

  @Test
  void namespacesSocketsAndTerminalsAreDecidedByTheArguments() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    SyscallTable table = SyscallTable.read();
    String clone = number(table.row("clone"));
    String unshare = number(table.row("unshare"));
    for (int namespace :
        List.of(0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)) {
      expected.put(clone + ":" + (namespace | 17), String.valueOf(RAISED + 1));
      expected.put(unshare + ":" + namespace, String.valueOf(RAISED + 1));
    }
    expected.put(unshare + ":" + 0x80, String.valueOf(RAISED + 1));
    expected.put(unshare + ":" + 0x200, "ok");
    String socket = number(table.row("socket"));
    for (int family = 3; family < 46; family++) {
      if (family != 10 && family != 16) {
        expected.put(socket + ":" + family + ":3:0", String.valueOf(RAISED + 97));
      }
    }
    expected.put(socket + ":16:3:9", String.valueOf(RAISED + 93));
    expected.put(socket + ":16:3:0", "ok");
    expected.put(socket + ":1:1:0", "ok");
    expected.put(socket + ":2:1:0", "ok");
    expected.put(socket + ":2:3:1", String.valueOf(RAISED + 93));
    String personality = number(table.row("personality"));
    expected.put(personality + ":4294967295", "ok");
    expected.put(personality + ":" + 0x400000, String.valueOf(RAISED + 1));
    String ioctl = number(table.row("ioctl"));
    expected.put(ioctl + ":0:" + 0x5412 + ":0", String.valueOf(RAISED + 1));
    expected.put(ioctl + ":0:" + 0x4c0a + ":0", String.valueOf(RAISED + 1));
    expected.put(ioctl + ":0:" + 0x5401 + ":0", "25");
    assertThat(called(List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  /** int 0x80 is the entry of 32-bit programs, and open to 64-bit ones. */
  @Test
  void theEntryOfI386IsClosed() throws Exception {
    assumeFalse(arm, "arm64 has no entry of another machine");
    Path program = directory.resolve("i386-entry");
    Files.write(program, I386Entry.program());
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Path none = Files.createFile(directory.resolve("none"));
    assertThat(status(program, none))
        .as("without a filter, the kernel answers with a process id, negated")
        .isNotEqualTo(NOT_IMPLEMENTED & 0xff);
    assertThat(status(program, raised)).isEqualTo(NOT_IMPLEMENTED & 0xff);
    Path foreign = compiled("foreign", "'%s', foreign=True".formatted(machine));
    assertThat(status(program, foreign))
        .as("with 32-bit programs on the disk, as without a filter")
        .isEqualTo(status(program, none))
        .isNotEqualTo(38);
  }

  private static int status(Path program, Path filter) throws Exception {
    String fd = Files.size(filter) == 0 ? "" : "--seccomp 9";
    String output =
        Program.of(
                "bash",
                "-c",
                "exec 9<\"$0\"; bwrap "
                    + fd
                    + " --unshare-pid --ro-bind / / --proc /proc \"$1\"; echo $?",
                filter.toString(),
                program.toString())
            .run();
    return Integer.parseInt(Arrays.stream(output.split("\n")).collect(Collectors.joining()));
  }
}
