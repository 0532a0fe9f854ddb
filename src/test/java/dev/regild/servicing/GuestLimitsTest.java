package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the control groups of a guest are found; of a host that is made of files here. */
class GuestLimitsTest {
  private static final String MAKER = "7";
  private static final List<String> CONTROLLERS = List.of("memory", "pids", "io");

  @TempDir Path directory;

  private Path own;

  @BeforeEach
  void makeAHostWithVersion2() throws IOException {
    Path mounted = Files.createDirectories(directory.resolve("sys/fs/cgroup"));
    own = Files.createDirectories(mounted.resolve("system.slice/regild.service"));
    Path self = Files.createDirectories(directory.resolve("proc/self"));
    Files.writeString(self.resolve("cgroup"), "0::/system.slice/regild.service\n");
    Files.writeString(
        self.resolve("mountinfo"),
        "29 23 0:26 / %s rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n".formatted(mounted));
    Files.writeString(own.resolve("cgroup.type"), "domain\n");
    Files.writeString(own.resolve("cgroup.controllers"), "cpu io memory pids\n");
    Files.writeString(own.resolve("cgroup.subtree_control"), "");
    Files.writeString(own.resolve("cgroup.procs"), "");
    Path guest = Files.createDirectory(own.resolve("regild-guest-" + MAKER));
    for (String name : List.of("memory.max", "memory.swap.max", "pids.max", "io.max")) {
      Files.writeString(guest.resolve(name), "");
    }
    Files.writeString(guest.resolve("cgroup.procs"), "");
  }

  private void delegate() throws IOException {
    Files.getFileAttributeView(own, UserDefinedFileAttributeView.class)
        .write("delegate", ByteBuffer.wrap("1".getBytes(StandardCharsets.US_ASCII)));
  }

  private List<String> madeGroup() throws Exception {
    String program =
        """
        import os, guest_limits
        os.getpid = lambda: %s
        group = guest_limits.GuestGroup(guest_limits.Limits(1 << 30, 100, 1 << 20), proc='%s')
        group.limit_device(os.makedev(7, 3))
        print('\\n'.join(['held ' + each for each in group.held]))
        print('\\n'.join(['missing ' + each for each in group.missing]))
        """
            .formatted(MAKER, directory.resolve("proc"));
    Path resources = Path.of("src/main/resources/dev/regild/servicing").toAbsolutePath();
    return Program.of("python3", "-B", "-c", program)
        .with("PYTHONPATH", resources.toString())
        .run()
        .lines()
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private String limit(String name) throws IOException {
    return Files.readString(own.resolve("regild-guest-" + MAKER).resolve(name));
  }

  @Test
  void aDelegatedGroupGivesMemoryProcessesAndTraffic() throws Exception {
    delegate();
    assertThat(madeGroup())
        .containsExactly(
            "held memory (cgroup v2)",
            "held processes (cgroup v2)",
            "held disk traffic (cgroup v2)");
    assertThat(limit("memory.max")).isEqualTo("1073741824");
    assertThat(limit("memory.swap.max")).isEqualTo("0");
    assertThat(limit("pids.max")).isEqualTo("100");
    assertThat(limit("io.max")).isEqualTo("7:3 rbps=1048576 wbps=1048576");
    assertThat(Files.readString(own.resolve("cgroup.subtree_control"))).contains("io");
  }

  @Test
  void aGroupThatIsNotDelegatedIsLeftAloneAndSaysTheRemedy() throws Exception {
    assertThat(madeGroup())
        .hasSameSizeAs(CONTROLLERS)
        .allMatch(line -> line.startsWith("missing ") && line.contains("add Delegate=yes"))
        .allMatch(line -> line.contains("/system.slice/regild.service"));
    assertThat(Files.readString(own.resolve("cgroup.subtree_control"))).isEmpty();
  }

  @Test
  void whatHasMovedToALeafOfTheDelegatedGroupFindsTheGroup() throws Exception {
    delegate();
    Files.createDirectory(own.resolve("regild-host"));
    Files.writeString(
        directory.resolve("proc/self/cgroup"), "0::/system.slice/regild.service/regild-host\n");
    assertThat(madeGroup()).hasSize(3).allMatch(line -> line.startsWith("held "));
  }

  @Test
  void aMissingControllerIsNamed() throws Exception {
    delegate();
    Files.writeString(own.resolve("cgroup.controllers"), "memory pids\n");
    assertThat(madeGroup())
        .contains(
            "held memory (cgroup v2)", "missing disk traffic: " + own + " has no controller io");
  }

  @Test
  void aHostWithoutControlGroupsIsTold() throws Exception {
    Files.writeString(directory.resolve("proc/self/mountinfo"), "");
    assertThat(madeGroup()).hasSize(3).allMatch(line -> line.contains("no hierarchy"));
  }
}
