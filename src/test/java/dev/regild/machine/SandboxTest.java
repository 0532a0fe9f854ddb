package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.SmallFileSystem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program that a hostile file has taken over, played by a shell. */
class SandboxTest {
  private static final Program.Limits SMALL_FILES =
      new Program.Limits(1L << 30, Duration.ofSeconds(30), OptionalLong.of(1L << 20));

  /** Below /tmp, of which a sandbox has one of its own. */
  @TempDir(factory = TempDirFactory.Standard.class)
  Path directory;

  private Path own;
  private Path canary;

  @BeforeEach
  void makeFiles() throws Exception {
    own = Files.writeString(directory.resolve("own, of the program"), "its own");
    canary = Files.writeString(directory.resolve("canary"), "a secret of the server");
  }

  @Test
  void itSeesItsOwnFileAndNoOther() throws Exception {
    assertThat(sh(Sandbox.reading(own), "cat '" + own + "'")).isEqualTo("its own");
    assertThat(sh(Sandbox.reading(own), "ls -A " + directory)).isEqualTo(own.getFileName() + "\n");
    assertRefused(Sandbox.reading(own), "cat " + canary, "No such file");
    assertThat(sh(Sandbox.reading(), "ls -A / /home /root /etc/shadow /proc /sys 2>&1; true"))
        .contains("cannot access '/etc/shadow'")
        .contains("cannot access '/proc'")
        .contains("cannot access '/sys'")
        .contains("cannot access '/root'")
        .doesNotContain("canary");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cabextract --list",
        "wimlib-imagex info",
        "msiinfo tables",
        "xorrisofs -quiet -o /tmp/cd.iso",
        "qemu-img info -f raw",
      })
  void noToolThatReadsForeignFilesSeesAnother(String tool) {
    List<String> command = new ArrayList<>(List.of(tool.split(" ", -1)));
    HostTools.assumeInstalled(command.getFirst());
    command.add(canary.toString());
    assertThatThrownBy(() -> Program.of(command).in(Sandbox.reading(own)).run())
        .isInstanceOf(ProgramException.class)
        .message()
        .containsIgnoringCase(canary.toString())
        .containsPattern(
            "(?i)no such file|not found|could ?n.t open|failed to open|open file failed");
  }

  @Test
  void itWritesWhereItMayAndNowhereElse() throws Exception {
    Path target = Files.createFile(directory.resolve("target"));
    Sandbox sandbox = Sandbox.reading(own).writing(target);
    assertThat(sh(sandbox, "echo new >" + target)).isEmpty();
    assertThat(target).hasContent("new");
    assertRefused(sandbox, "echo no >'" + own + "'", "Read-only file system");
    assertRefused(sandbox, "echo no >/usr/bin/canary", "Read-only file system");
    assertRefused(sandbox, "echo no >/canary", "Read-only file system");
    assertRefused(sandbox, "rm " + target, "busy");
    Path scratch = Path.of("/tmp", directory.getFileName() + "-scratch");
    assertThat(sh(sandbox, "echo scratch >%1$s; cat %1$s".formatted(scratch)))
        .isEqualTo("scratch\n");
    assertThat(scratch).doesNotExist();
  }

  @Test
  void itReachesNoNetwork() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String connect =
          "import socket; socket.create_connection(('127.0.0.1', %d), 5)"
              .formatted(server.getLocalPort());
      Program client = Program.of("/usr/bin/python3", "-c", connect);
      client.run(); // Outside, the same program does reach it.
      assertThatThrownBy(() -> client.in(Sandbox.reading()).run())
          .isInstanceOf(ProgramException.class)
          .hasMessageContaining("refused");
    }
  }

  @Test
  void itHasNoPowersAndCanGainNone() throws Exception {
    String powers =
        sh(
            Sandbox.reading(),
            "setpriv -dd; unshare --user true 2>&1 || echo no user namespace;"
                + " mount -t tmpfs none /tmp 2>&1 || echo no mount");
    assertThat(powers)
        .contains("no_new_privs: 1")
        .contains("Effective capabilities: [none]")
        .contains("Capability bounding set: [none]")
        .contains("no user namespace")
        .contains("no mount");
  }

  @Test
  void itSeesNoProcessOfTheHost() throws Exception {
    long host = ProcessHandle.current().pid();
    assertRefused(Sandbox.reading(), "kill -0 " + host, "No such process");
  }

  @Test
  void aFileCanBeOnlySoLarge() throws Exception {
    Path target = Files.createFile(directory.resolve("target"));
    Program dd =
        Program.of("dd", "if=/dev/zero", "of=" + target, "bs=64k", "count=64", "status=none")
            .limitedTo(SMALL_FILES)
            .in(Sandbox.reading().writing(target));
    assertThatThrownBy(dd::run)
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("would have written a file larger than 1048576 bytes");
    assertThat(Files.size(target)).isLessThanOrEqualTo(1 << 20);
  }

  @Test
  void itIsEndedBeforeTheFileSystemIsFull() throws Exception {
    try (SmallFileSystem small = SmallFileSystem.mount(directory.resolve("small"), "64m")) {
      Path target = Files.createFile(small.directory().resolve("target"));
      Sandbox sandbox = Sandbox.reading().writing(target, new FreeSpace(target, 60 << 20));
      Program fill =
          Program.of(
                  "sh", "-c", "while :; do head -c 1048576 /dev/zero; sleep 0.02; done >" + target)
              .within(Duration.ofMinutes(1))
              .in(sandbox);
      assertThatThrownBy(fill::run)
          .isInstanceOf(ProgramException.class)
          .hasMessageContaining("sh was terminated: the file system of " + target + " has only")
          .hasMessageContaining("free some space there");
      // Nor is it started where there is too little.
      FreeSpace all = new FreeSpace(target, Files.getFileStore(target).getTotalSpace() + 1);
      Program refused = Program.of("sh", "-c", "true").in(Sandbox.reading().writing(target, all));
      assertThatThrownBy(refused::run).hasMessageContaining("cannot start sh: the file system of");
      assertThat(ProcessHandle.allProcesses())
          .noneMatch(p -> p.info().commandLine().orElse("").contains(target.toString()));
    }
  }

  @Test
  void whatItCantBeGivenIsNamed() {
    assertThatThrownBy(() -> sh(Sandbox.reading(directory.resolve("gone")), "true"))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("sh can't be run in a sandbox")
        .hasMessageContaining("gone");
  }

  @Test
  void aHostWithoutUserNamespacesIsToldWhatToDo() {
    assertThat(Sandbox.trouble("bwrap: setting up uid map: Permission denied"))
        .hasValueSatisfying(text ->
            assertThat(text)
                .contains("uid map")
                .contains("sysctl -w user.max_user_namespaces")
                .contains("kernel.apparmor_restrict_unprivileged_userns=0"));
    assertThat(Sandbox.trouble("qemu-img: Could not open 'x'")).isEmpty();
  }

  @Test
  void aMissingBubblewrapIsNamedWithItsPackage() {
    assertThat(SearchPath.remedy("bwrap"))
        .isEqualTo("bwrap is not installed: on Debian, apt-get install bubblewrap");
  }

  /** The server may be an ordinary user; where the tests are root, one is played. */
  @Test
  void anOrdinaryUserHasTheSameSandbox() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command = new ArrayList<>();
    boolean root = Program.of("id", "-u").run().strip().equals("0");
    if (root) {
      command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    }
    command.addAll(
        Sandbox.reading(own)
            .command(
                List.of(
                    "bash", "-c", "cat \"$0\"; ls " + canary + " 2>&1; ulimit -u", own.toString()),
                Optional.of(SMALL_FILES)));
    assertThat(Program.of(command).run())
        .startsWith("its own")
        .contains("cannot access '" + canary + "'")
        .endsWith("256\n");
  }

  private static String sh(Sandbox sandbox, String script)
      throws ProgramException, InterruptedException {
    return Program.of("sh", "-c", script).in(sandbox).run();
  }

  private static void assertRefused(Sandbox sandbox, String script, String message)
      throws IOException {
    assertThatThrownBy(() -> sh(sandbox, script))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining(message);
  }
}
