package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.SyscallTable.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The compiled filter decides each call as the table says, by an interpreter of its own. */
class SeccompFilterTest {
  private static final int X86_64 = 0xc000003e;
  private static final int ARM64 = 0xc00000b7;
  private static final int I386 = 0x40000003;
  private static final int PAST_EVERY_NUMBER = 1200;
  private static final int X32 = 0x40000000;

  @TempDir static Path directory;

  private static SyscallTable table;
  private static BpfProgram x86;
  private static BpfProgram x86WithI386;
  private static BpfProgram arm;

  @BeforeAll
  static void compile() throws Exception {
    Files.write(directory.resolve("guest_seccomp.py"), Resources.read("guest_seccomp.py"));
    Files.write(directory.resolve("guest-syscalls.txt"), Resources.read("guest-syscalls.txt"));
    table = SyscallTable.read();
    x86 = compiled("'x86_64'");
    x86WithI386 = compiled("'x86_64', foreign=True");
    arm = compiled("'aarch64'");
  }

  private static BpfProgram compiled(String arguments) throws Exception {
    String printed =
        python(
            "import base64, guest_seccomp; print(base64.b64encode(guest_seccomp.compile_filter(%s)).decode())"
                .formatted(arguments));
    return BpfProgram.parse(Base64.getDecoder().decode(printed.strip()));
  }

  private static String python(String program) throws Exception {
    return Program.of("python3", "-B", "-c", program)
        .with("PYTHONPATH", directory.toString())
        .run();
  }

  @Test
  void eachCallIsDecidedAsTheTableSays() {
    assertThat(table.rows()).hasSizeGreaterThan(400);
    assertDecided(x86, X86_64, 0);
    assertDecided(arm, ARM64, 1);
    assertDecided(x86WithI386, X86_64, 0);
    assertDecided(x86WithI386, I386, 2);
  }

  private static void assertDecided(BpfProgram filter, int architecture, int machine) {
    Map<Integer, Row> known = new TreeMap<>();
    for (Row row : table.rows()) {
      row.numbers().get(machine).ifPresent(number -> known.put(number, row));
    }
    for (int number = 0; number < PAST_EVERY_NUMBER; number++) {
      Row row = known.get(number);
      if (row == null || !row.verdict().equals("by")) {
        String verdict = row == null ? "ENOSYS" : row.verdict();
        assertThat(shown(filter.decide(architecture, number)))
            .as("%s, call %d of %x", row, number, architecture)
            .isEqualTo(verdict);
      }
    }
  }

  private static String shown(int decision) {
    if (decision == BpfProgram.ALLOW) {
      return "allow";
    }
    if (decision == BpfProgram.ERRNO) {
      return "done";
    }
    return SyscallTable.ERRORS.entrySet().stream()
        .filter(error -> (BpfProgram.ERRNO | error.getValue()) == decision)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(Integer.toHexString(decision));
  }

  @Test
  void anotherArchitectureAndX32AreClosedForEveryNumber() {
    for (int number = 0; number < PAST_EVERY_NUMBER; number++) {
      assertThat(shown(x86.decide(I386, number))).isEqualTo("ENOSYS");
      assertThat(shown(x86.decide(ARM64, number))).isEqualTo("ENOSYS");
      assertThat(shown(x86.decide(X86_64, X32 | number))).isEqualTo("ENOSYS");
      assertThat(shown(x86WithI386.decide(X86_64, X32 | number))).isEqualTo("ENOSYS");
      assertThat(shown(arm.decide(X86_64, number))).isEqualTo("ENOSYS");
    }
    assertThat(shown(x86.decide(X86_64, -1))).isEqualTo("ENOSYS");
  }

  /** Flags and families that the kernel reads as 32 bits, so what is above them hides nothing. */
  @ParameterizedTest
  @CsvSource({
    "clone,      0x1200011, 0, 0,    allow", // fork
    "clone,      0x3d0f00,  0, 0,    allow", // a thread
    "clone,      0x10000011, 0, 0,   EPERM", // CLONE_NEWUSER
    "clone,      0x20011,   0, 0,    EPERM", // CLONE_NEWNS
    "clone,      0x2000011, 0, 0,    EPERM", // CLONE_NEWCGROUP
    "clone,      0x4000011, 0, 0,    EPERM", // CLONE_NEWUTS
    "clone,      0x8000011, 0, 0,    EPERM", // CLONE_NEWIPC
    "clone,      0x20000011, 0, 0,   EPERM", // CLONE_NEWPID
    "clone,      0x40000011, 0, 0,   EPERM", // CLONE_NEWNET
    "unshare,    0x600,     0, 0,    allow", // CLONE_FS, CLONE_FILES
    "unshare,    0x10000000, 0, 0,   EPERM",
    "unshare,    0x20000,   0, 0,    EPERM",
    "unshare,    0x80,      0, 0,    EPERM", // CLONE_NEWTIME
    "socket,     1,  1, 0,           allow",
    "socket,     1,  0x80801, 0,     allow", // close on exec, without blocking
    "socket,     2,  1, 6,           allow",
    "socket,     10, 0x80002, 17,    allow",
    "socket,     16, 3, 0,           allow", // NETLINK_ROUTE
    "socket,     16, 3, 9,           EPROTONOSUPPORT", // NETLINK_AUDIT
    "socket,     16, 3, 12,          EPROTONOSUPPORT", // NETLINK_NETFILTER
    "socket,     2,  3, 1,           EPROTONOSUPPORT", // raw
    "socket,     2,  1, 132,         EPROTONOSUPPORT", // SCTP
    "socket,     2,  6, 0,           EPROTONOSUPPORT", // DCCP, by its type
    "socket,     2,  1, 262,         EPROTONOSUPPORT", // MPTCP
    "socket,     38, 5, 0,           EAFNOSUPPORT", // AF_ALG
    "socket,     40, 1, 0,           EAFNOSUPPORT", // AF_VSOCK
    "socket,     17, 3, 768,         EAFNOSUPPORT", // AF_PACKET
    "socket,     29, 3, 1,           EAFNOSUPPORT", // AF_CAN
    "socket,     0x100000001, 1, 0,  allow", // AF_UNIX to the kernel
    "socket,     0x100000026, 5, 0,  EAFNOSUPPORT",
    "socketpair, 1, 1, 0,            allow",
    "socketpair, 2, 1, 0,            EAFNOSUPPORT",
    "personality, 0xffffffff, 0, 0,  allow",
    "personality, 8, 0, 0,           allow",
    "personality, 0x400000, 0, 0,    EPERM", // READ_IMPLIES_EXEC
    "personality, 0x40000, 0, 0,     EPERM", // ADDR_NO_RANDOMIZE
    "ioctl,      0, 0x5401, 0,       allow", // TCGETS
    "ioctl,      0, 0x40049409, 0,   allow", // FICLONE
    "ioctl,      0, 0x5412, 0,       EPERM", // TIOCSTI
    "ioctl,      0, 0x100005412, 0,  EPERM",
    "ioctl,      0, 0x541c, 0,       EPERM", // TIOCLINUX
    "ioctl,      0, 0x4c00, 0,       EPERM", // LOOP_SET_FD
    "ioctl,      0, 0x4c0a, 0,       EPERM", // LOOP_CONFIGURE
    "ioctl,      0, 0x4c82, 0,       EPERM", // LOOP_CTL_GET_FREE
  })
  void theArgumentsDecide(String call, String arg0, String arg1, String arg2, String verdict) {
    List<Optional<Integer>> numbers = table.row(call).numbers();
    long[] arguments = {Long.decode(arg0), Long.decode(arg1), Long.decode(arg2)};
    assertThat(shown(x86.decide(X86_64, numbers.get(0).orElseThrow(), arguments)))
        .isEqualTo(verdict);
    assertThat(shown(arm.decide(ARM64, numbers.get(1).orElseThrow(), arguments)))
        .isEqualTo(verdict);
    assertThat(shown(x86WithI386.decide(I386, numbers.get(2).orElseThrow(), arguments)))
        .isEqualTo(verdict);
  }

  /** Every call that this machine's headers know has its row, under its number. */
  @ParameterizedTest
  @CsvSource({
    "/usr/include/x86_64-linux-gnu/asm/unistd_64.h, 0",
    "/usr/include/x86_64-linux-gnu/asm/unistd_32.h, 2"
  })
  void theNumbersAreThoseOfTheKernelsHeaders(Path header, int machine) throws Exception {
    HostTools.assume(Files.exists(header), header + " is not installed (linux-libc-dev)");
    Map<String, Optional<Integer>> kernel = new TreeMap<>();
    Map<String, Optional<Integer>> ours = new TreeMap<>();
    Matcher numbers =
        Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(Files.readString(header, UTF_8));
    while (numbers.find()) {
      kernel.put(numbers.group(1), Optional.of(Integer.valueOf(numbers.group(2))));
    }
    table.rows().forEach(row -> ours.put(row.name(), row.numbers().get(machine)));
    assertThat(kernel).hasSizeGreaterThan(300);
    assertThat(ours).containsAllEntriesOf(kernel);
  }

  @ParameterizedTest
  @CsvSource({
    "allow read zero 63 3, line 1",
    "allow read 0 63, line 1",
    "EWHAT read 0 63 3, line 1",
    "by read 0 63 3, no last word",
  })
  void aTableThatCantBeReadIsRefusedByItsLine(String content, String named) throws Exception {
    Path broken = Files.writeString(directory.resolve("broken.txt"), content + "\n");
    assertThatThrownBy(() ->
            python(
                "import guest_seccomp; guest_seccomp.compile_filter('x86_64', table='%s')"
                    .formatted(broken)))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining(named);
    Files.writeString(broken, "allow read 0 63 3\nallow write 0 64 4\n");
    assertThatThrownBy(() ->
            python(
                "import guest_seccomp; guest_seccomp.compile_filter('x86_64', table='%s')"
                    .formatted(broken)))
        .hasMessageContaining("line 2")
        .hasMessageContaining("twice");
  }
}
