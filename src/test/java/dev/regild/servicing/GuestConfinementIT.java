package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import dev.regild.servicing.SyscallTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk in a namespace, in the role of a program on it that means harm to the host: what it asks
 * the kernel for, what it uses up, whose ids it has and which devices it sees. One guest for all.
 */
@EnabledIf("canRun")
class GuestConfinementIT {
  private static final String TOOLS = Guest.WORKSPACE + "/tools";
  private static final Duration MOMENT = Duration.ofMinutes(2);
  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  @TempDir static Path directory;

  private static boolean arm;
  private static Guest guest;
  private static Protections protections;
  private static final List<Path> groups = new ArrayList<>();

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled("bwrap", "qemu-storage-daemon", "mke2fs", "python3", "perl");
  }

  @BeforeAll
  static void open() throws Exception {
    arm = Program.of("uname", "-m").run().strip().equals("aarch64");
    protections = Protections.ofThisHost(Files.createDirectory(directory.resolve("asked")));
    Path disk = Files.createDirectory(directory.resolve("disk"));
    SmallGuest.make(disk);
    Path overlay = SmallGuest.withExt2AndExt3(disk);
    guest =
        SmallGuest.open(overlay, SmallGuest.layoutWithExt2AndExt3(), directory.resolve("guest"));
    Path tools = Files.createDirectory(directory.resolve("tools"));
    for (Path program : List.of(Path.of("/usr/bin/perl"), Path.of("/usr/sbin/setcap"))) {
      copy(program, tools);
      Matcher library = LIBRARY.matcher(Program.of("ldd", program.toString()).run());
      while (library.find()) {
        copy(Path.of(library.group(1)), tools);
      }
    }
    copy(Path.of("src/test/resources/dev/regild/servicing/probe-calls.pl"), tools);
    Files.write(tools.resolve("i386-entry"), I386Entry.program());
    giveTools(guest, tools);
  }

  /** What a guest is handed it can only read: the programs are copies of its own. */
  private static void giveTools(Guest guest, Path tools) throws Exception {
    guest.upload(tools, "handed");
    guest.run("cp", "--recursive", "--dereference", Guest.WORKSPACE + "/handed", TOOLS);
    guest.run("chmod", "-R", "755", TOOLS);
  }

  private static void copy(Path file, Path tools) throws IOException {
    Path copy = tools.resolve(file.getFileName());
    if (!Files.exists(copy)) {
      Files.copy(file, copy);
    }
  }

  @AfterAll
  static void close() throws Exception {
    if (guest != null) {
      guest.close();
      assertThat(groups).noneMatch(Files::exists);
    }
  }

  /** Runs a program from among the tools, with the libraries that lie beside it. */
  private static List<String> tool(String... command) {
    List<String> line = new ArrayList<>();
    line.addAll(
        List.of("sh", "-c", "tools=$0; exec $tools/ld-linux-*.so.* --library-path $tools \"$@\""));
    line.add(TOOLS);
    line.add(TOOLS + "/" + command[0]);
    line.addAll(List.of(command).subList(1, command.length));
    return line;
  }

  private static Map<String, String> called(List<String> calls) throws GuestException {
    List<String> command = new ArrayList<>(tool("perl", TOOLS + "/probe-calls.pl"));
    command.addAll(calls);
    List<String> lines = guest.run(command, MOMENT, line -> {}).lines().toList();
    assertThat(lines).hasSameSizeAs(calls);
    Map<String, String> answers = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      answers.put(calls.get(i), lines.get(i).split(" ", -1)[1]);
    }
    return answers;
  }

  private static String number(String call) throws GuestException {
    return number(SyscallTable.read().row(call));
  }

  private static String number(Row row) {
    return row.numbers().get(arm ? 1 : 0).orElseThrow().toString();
  }

  @Test
  void everyForbiddenCallIsAnsweredByItsError() throws Exception {
    Map<String, String> expected =
        SyscallTable.read().rows().stream()
            .filter(Row::denied)
            .filter(row -> row.numbers().get(arm ? 1 : 0).isPresent())
            .filter(row -> !SeccompFilterIT.NEVER_FILTERED.contains(row.name()))
            .collect(
                Collectors.toMap(
                    GuestConfinementIT::number,
                    row -> SyscallTable.ERRORS.get(row.verdict()).toString()));
    assertThat(called(List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  @Test
  void noNamespaceCanBeMade() throws Exception {
    Map<String, String> expected = new HashMap<>();
    for (int namespace :
        List.of(0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)) {
      expected.put(number("clone") + ":" + (namespace | 17), "1");
      expected.put(number("unshare") + ":" + namespace, "1");
    }
    assertThat(called(List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  @Test
  void socketsAreThoseOfProgramsAmongThemselves() throws Exception {
    String socket = number("socket");
    Map<String, String> expected =
        Map.of(
            socket + ":1:1:0", "ok", // AF_UNIX
            socket + ":2:1:6", "ok", // AF_INET, TCP
            socket + ":2:3:1", "93", // raw
            socket + ":16:3:0", "ok", // NETLINK_ROUTE
            socket + ":16:3:9", "93", // NETLINK_AUDIT
            socket + ":17:3:768", "97", // AF_PACKET
            socket + ":38:5:0", "97", // AF_ALG
            socket + ":40:1:0", "97"); // AF_VSOCK
    assertThat(called(List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  @Test
  void theEntryOf32BitProgramsIsClosedOnADiskThatHasNone() throws Exception {
    assumeTrue(!arm, "arm64 has no entry of another machine");
    assertThatThrownBy(() -> guest.run(TOOLS + "/i386-entry"))
        .as("it ends with the error of its call")
        .hasMessageContaining("status 38");
  }

  @Test
  void noFileSystemOfTheDiskMayPanicTheKernel() throws Exception {
    assertThat(guest.run("cat", "/proc/self/mountinfo").lines())
        .filteredOn(line -> line.matches("\\S+ \\S+ \\S+ \\S+ (/|/boot|/mnt/data) .*"))
        .hasSize(3)
        .allMatch(line -> line.contains("errors=remount-ro"));
  }

  @Test
  void ext2AndExt3HaveIdsOfTheGuestsOwnToo() throws Exception {
    assertThat(guest.run("stat", "-c", "%u", "/", "/boot", "/mnt/data").lines())
        .containsExactly("0", "0", "0");
    assertThat(protections.held().contains("ids of its own"))
        .isEqualTo(guest.run("cat", "/proc/self/uid_map").strip().matches("0 +2147483648 .*"));
  }

  @Test
  void whatProcTellsOfTheHostIsHiddenAndProgramsThatReadTheRestWork() throws Exception {
    String empty =
        "for f in acpi driver fs kcore key-users keys kpageflags mtrr pressure scsi slabinfo timer_list;"
            + " do [ -d /proc/$f ] && ls /proc/$f; [ -f /proc/$f ] && cat /proc/$f; done; :";
    assertThat(guest.run("sh", "-c", empty)).isEmpty();
    assertThat(guest.run("sh", "-c", "cat /proc/meminfo /proc/filesystems")).contains("MemTotal");
    assertThat(guest.run("mount")).contains(" on /mnt/data type ext4 ");
    assertThat(guest.run("ps", "-e")).contains(" ps");
  }

  @Test
  void aProgramHasEightCapabilitiesAndCanGainNoOther() throws Exception {
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID and SYS_CHROOT.
    String eight = "00000000000400fb";
    assertThat(guest.run("cat", "/proc/self/status"))
        .contains("CapPrm:\t" + eight, "CapEff:\t" + eight, "NoNewPrivs:\t1");
  }

  @Test
  void fileSystemsInMemoryHaveASize() throws Exception {
    assertThat(
            guest
                .run("sh", "-c", "for d in /tmp /run /dev/shm; do stat -fc '%s %b' $d; done")
                .lines()
                .map(line -> line.split(" "))
                .map(each -> (Long.parseLong(each[0]) * Long.parseLong(each[1])) >> 20))
        .containsExactly(1024L, 256L, 64L);
  }

  /** The host's view of a program that the guest runs for a moment. */
  @Test
  void rootInTheGuestIsNobodyOnTheHostAndItsGroupsAreLimited() throws Exception {
    String mark = "2." + Integer.toUnsignedString(directory.hashCode());
    CountDownLatch runs = new CountDownLatch(1);
    List<String> command = List.of("sh", "-c", "id -u; exec sleep " + mark);
    CompletableFuture<String> said =
        CompletableFuture.supplyAsync(() -> {
          try {
            return guest.run(command, MOMENT, line -> runs.countDown());
          } catch (GuestException e) {
            throw new IllegalStateException(e);
          }
        });
    assertThat(runs.await(180, TimeUnit.SECONDS)).isTrue();
    Path process = sleeping(mark);
    assertThat(status(process, "Seccomp")).containsExactly("2");
    assertThat(status(process, "NoNewPrivs")).containsExactly("1");
    assertThat(limits(process)).containsEntry("Max core file size", "1 1");
    groups.addAll(groupsOf(process));
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put(
        "ids of its own",
        () -> {
          assertThat(status(process, "Uid")).hasSize(4).containsOnly("2147483648");
          assertThat(status(process, "Gid")).hasSize(4).containsOnly("2147483648");
          assertThat(status(process, "Groups")).isEmpty();
        });
    checks.put(
        "memory",
        () -> assertThat(limit("memory.max", "memory.limit_in_bytes")).isEqualTo(mostMemory()));
    checks.put("processes", () -> assertThat(limit("pids.max", "pids.max")).isEqualTo("2048"));
    checks.put(
        "disk traffic",
        () ->
            assertThat(limit("io.max", "blkio.throttle.write_bps_device"))
                .as("of the disk's device")
                .contains(String.valueOf(512 << 20)));
    for (Map.Entry<String, Check> check : checks.entrySet()) {
      if (protections.held().stream().anyMatch(held -> held.startsWith(check.getKey()))) {
        check.getValue().run();
      } else {
        assertThat(protections.missing()).anyMatch(not -> not.startsWith(check.getKey()));
      }
    }
    assertThat(said.get(180, TimeUnit.SECONDS).strip()).isEqualTo("0");
  }

  private interface Check {
    void run() throws IOException;
  }

  private static String mostMemory() throws IOException {
    long kib =
        Files.readAllLines(Path.of("/proc/meminfo")).stream()
            .filter(line -> line.startsWith("MemTotal:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum();
    long page = 4096;
    return String.valueOf(Math.min(4L << 30, kib * 1024 * 3 / 4 / page * page));
  }

  private static Path sleeping(String mark) throws Exception {
    for (int attempt = 0; attempt < 6000; attempt++) {
      try (Stream<Path> all = Files.list(Path.of("/proc"))) {
        for (Path process : all.filter(path -> path.toString().matches("/proc/\\d+")).toList()) {
          if (text(process.resolve("cmdline")).equals("sleep\0" + mark + "\0")) {
            return process;
          }
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError("no process sleeps for " + mark);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException gone) {
      return "";
    }
  }

  private static List<String> status(Path process, String name) throws IOException {
    return Files.readAllLines(process.resolve("status")).stream()
        .filter(line -> line.startsWith(name + ":"))
        .flatMap(line -> Stream.of(line.split("\\s+")).skip(1))
        .toList();
  }

  /** Soft and hard, by their names. */
  private static Map<String, String> limits(Path process) throws IOException {
    return Files.readAllLines(process.resolve("limits")).stream()
        .skip(1)
        .map(line -> line.split(" {2,}"))
        .collect(Collectors.toMap(words -> words[0], words -> words[1] + " " + words[2]));
  }

  @Test
  void whatParsesTheDiskForTheHostHasLimitsAndAFilter() throws Exception {
    long daemon =
        ProcessHandle.current()
            .descendants()
            .filter(each -> each.info().command().orElse("").endsWith("-storage-daemon"))
            .findFirst()
            .orElseThrow()
            .pid();
    Path process = Path.of("/proc", String.valueOf(daemon));
    assertThat(status(process, "Seccomp")).containsExactly("2");
    assertThat(limits(process))
        .containsEntry("Max core file size", "1 1")
        .allSatisfy((name, value) -> {
          if (name.matches("Max (file size|processes|open files|address space)")) {
            assertThat(value).as(name).doesNotContain("unlimited");
          }
        });
  }

  /** The directories of a process' groups that are ours, in both versions. */
  private static List<Path> groupsOf(Path process) throws IOException {
    List<Path> found = new ArrayList<>();
    Path mounts = Path.of("/sys/fs/cgroup");
    for (String line : Files.readAllLines(process.resolve("cgroup"))) {
      String[] fields = line.split(":", 3);
      if (fields[2].contains("/regild-guest-")) {
        String path = fields[2].substring(1);
        found.add((fields[1].isEmpty() ? mounts : mounts.resolve(fields[1])).resolve(path));
      }
    }
    return found;
  }

  /** The limit's file in whichever group has it, by its name in version 2 or 1. */
  private static String limit(String name, String oldName) throws IOException {
    for (Path group : groups) {
      for (Path file : List.of(group.resolve(name), group.resolve(oldName))) {
        if (Files.exists(file)) {
          return Files.readString(file).strip();
        }
      }
    }
    throw new AssertionError("no group among " + groups + " has " + name);
  }

  @Test
  void noProgramSeesTheDiskButOneThatInstalls() throws Exception {
    assertThat(guest.run("ls", "/dev").lines()).isNotEmpty().noneMatch(this::isDisk);
    List<String> read = List.of("sh", "-c", "cat /dev/loop100 >/dev/null");
    guest.install(read, MOMENT, line -> {});
    List<String> write = List.of("sh", "-c", ": >>/dev/loop100");
    assertThatThrownBy(() -> guest.install(write, MOMENT, line -> {}))
        .as("beneath the mounted file system")
        .hasMessageContaining("ermission denied");
    assertThatThrownBy(() -> guest.run(read, MOMENT, line -> {})).hasMessageContaining("loop100");
  }

  private boolean isDisk(String name) {
    return name.matches("(loop|sd|vd|nvme|dm-|disk|mapper).*");
  }

  /**
   * As the host's root would have written them, byte for byte: kernels before 4.14 read no other.
   */
  @Test
  void ownersAndCapabilitiesAreOnTheDiskWhatTheyAreWithoutIdsOfTheGuestsOwn() throws Exception {
    Path otherDisk = Files.createDirectory(directory.resolve("other"));
    SmallGuest.make(otherDisk);
    Path other = SmallGuest.withExt2AndExt3(otherDisk);
    Path place = directory.resolve("other-guest");
    try (Guest second = SmallGuest.open(other, SmallGuest.layoutWithExt2AndExt3(), place)) {
      giveTools(second, directory.resolve("tools"));
      second.run("cp", "/bin/cat", "/etc/capable");
      List<String> setcap = tool("setcap", "cap_net_raw+ep", "/etc/capable");
      assertThatThrownBy(() -> second.run(setcap, MOMENT, line -> {}))
          .as("when nothing is installed")
          .isInstanceOf(GuestException.class);
      second.install(setcap, MOMENT, line -> {});
      second.run("cp", "/bin/cat", "/mnt/data/capable");
      second.install(tool("setcap", "cap_net_raw+ep", "/mnt/data/capable"), MOMENT, line -> {});
      // Where the host mounted it, there is a link to another directory when the guest is closed.
      second.run("sh", "-c", "mv /mnt /moved && mkdir /canary /canary/data && ln -s /canary /mnt");
      second.run("cp", "/bin/cat", "/etc/owned");
      second.run(
          tool(
              "perl",
              "-e",
              "chown(1000, 70000, '/etc/owned') && chmod(04755, '/etc/owned') or die"),
          MOMENT,
          line -> {});
    }
    Path raw = directory.resolve("other.raw");
    Program.of("qemu-img", "convert", "-Oraw", other.toString(), raw.toString()).run();
    Path data = directory.resolve("data.raw");
    long offset = SmallGuest.layoutWithExt2AndExt3().filesystems().getLast().offset();
    Program.of("dd", "if=" + raw, "of=" + data, "iflag=skip_bytes", "skip=" + offset, "bs=1M")
        .run();
    Map<String, Path> capable = Map.of("/etc/capable", raw, "/capable", data);
    for (Map.Entry<String, Path> file : capable.entrySet()) {
      String attribute = "ea_get -x " + file.getKey() + " security.capability";
      assertThat(Program.of("debugfs", "-R", attribute, file.getValue().toString()).run().strip())
          .isEqualTo(
              "security.capability (20) ="
                  + " 01 00 00 02 00 20 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    }
    assertThat(Program.of("debugfs", "-R", "stat /etc/owned", raw.toString()).run())
        .containsPattern("Mode: +04755 ")
        .containsPattern("User: +1000 +Group: +70000 ");
    assertThat(Program.of("debugfs", "-R", "stat /etc/capable", raw.toString()).run())
        .containsPattern("User: +0 +Group: +0 ");
  }
}
