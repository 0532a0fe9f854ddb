package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.SoftAssertions.assertSoftly;

import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.OrdinaryUser;
import dev.regild.machine.Program;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The program that runs as root, in the role of the ordinary user who may start it by the rule that
 * {@code ./regild setup} makes for sudo, and of one who means harm.
 */
@EnabledIf("canRun")
class HelperIT {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String HELPER = "/usr/lib/regild/regild-helper";

  @TempDir Path directory;

  /** The user's own, all of it. */
  private Path own;

  /** The user's own disk, and what it stands on. */
  private Path overlay;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled("sudo", "bwrap", "qemu-storage-daemon", "mke2fs", "python3");
  }

  @BeforeEach
  void giveTheUserADisk() throws Exception {
    mode(directory, "rwx--x--x");
    own = Files.createDirectory(directory.resolve("own"));
    overlay = SmallGuest.make(own);
    Files.createDirectory(own.resolve("staging"));
    giveAway();
  }

  private void giveAway() throws Exception {
    Program.of("chown", "-R", OrdinaryUser.NAME, own.toString()).run();
  }

  private static void mode(Path path, String mode) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  @Test
  void aServerThatIsNotRootServicesADiskThroughSudo() throws Exception {
    List<String> java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            GuestOfOrdinaryUser.class.getName(),
            overlay.toString(),
            own.toString());
    assertThat(Program.of(OrdinaryUser.runs(java)).run().lines())
        .containsExactly("host " + OrdinaryUser.NAME, "guest 0", "a package", "by the host");
  }

  @Test
  void whatTheUserMayNotDoTheHelperDoesNotDoForThem() throws Exception {
    Path roots = Files.copy(overlay, directory.resolve("roots.qcow2"));
    mode(roots, "rw-------");
    Path shared = Files.copy(overlay, directory.resolve("shared.qcow2"));
    mode(shared, "rw-rw-rw-");
    Path link = Files.createSymbolicLink(own.resolve("link.qcow2"), roots);
    Path linkedDirectory = Files.createSymbolicLink(own.resolve("linked"), own);
    Path pipe = own.resolve("pipe");
    Program.of("mkfifo", pipe.toString()).run();
    giveAway();
    Path closed = Files.createDirectory(directory.resolve("closed"));
    mode(closed, "rwx------");
    Path mixed = Files.createDirectory(directory.resolve("mixed"));
    Path below = Files.createDirectory(mixed.resolve("below"));
    Program.of("chown", "-R", OrdinaryUser.NAME, mixed.toString()).run();
    Path linked = Files.createDirectory(own.resolve("staged-link"));
    Files.createSymbolicLink(linked.resolve("link"), roots);
    giveAway();
    mode(Files.writeString(below.resolve("roots"), "canary"), "rw-------");
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put(with("staging", mixed), "'roots' in the staging directory");
    expected.put(with("staging", linked), "'link' in the staging directory");
    expected.put(with("chain", List.of(roots)), "can't be opened with its caller's rights");
    expected.put(with("chain", List.of(shared)), "belongs to another user");
    expected.put(with("chain", List.of(link)), "symbolic link");
    expected.put(with("chain", List.of(linkedDirectory.resolve("overlay.qcow2"))), "symbolic link");
    expected.put(with("chain", List.of(pipe)), "not a regular file");
    expected.put(with("chain", List.of(own + "/../own/overlay.qcow2")), "chain can't be accepted");
    expected.put(with("chain", List.of(overlay, "/etc/shadow")), "can't be opened");
    expected.put(with("chain", List.of()), "chain can't be accepted");
    expected.put(with("staging", closed), "can't be opened");
    expected.put(with("staging", "/etc"), "belongs to another user");
    expected.put(with("scratch", "/tmp"), "belongs to another user");
    expected.put(with("protocol", 99), "./regild setup");
    expected.put(with("user", "root"), "other fields");
    expected.put(with("filesystems", List.of()), "filesystems can't be accepted");
    expected.put(filesystem("type", "overlay"), "type can't be accepted");
    expected.put(filesystem("mountPoint", "/mnt"), "first mount point is not /");
    expected.put(filesystem("uuid", "../../x"), "uuid can't be accepted");
    expected.put(filesystem("subvolume", "x"), "is not btrfs");
    expected.put(filesystem("offset", -1), "offset can't be accepted");
    expected.put(filesystem("size", true), "size can't be accepted");
    expected.put(filesystem("size", 0), "size can't be accepted");
    expected.put("{\"verb\": \"run\"}", "Unknown request 'run'");
    expected.put("{\"verb\": \"shell\"}", "Unknown request 'shell'");
    expected.put(with("protocol", 2) + "\n" + with("protocol", 2), "Unknown request 'open'");
    expected.put("[]", "not an object");
    expected.put("x", "not JSON");
    expected.put("[".repeat(100_000), "not JSON");
    expected.put("x".repeat(2 << 20), "longer than 1 MiB");
    Map<String, String> answers = ask(HELPER + " hold", List.copyOf(expected.keySet()));
    assertSoftly(softly ->
        expected.forEach((request, answer) ->
            softly
                .assertThat(answers.get(request))
                .as(request.substring(0, Math.min(request.length(), 500)))
                .contains(answer)));
  }

  @Test
  void aDiskThatNamesAFileOfRootsCantHaveItOpened() throws Exception {
    Path roots = Files.createDirectory(directory.resolve("roots"));
    Path secret = SmallGuest.make(roots);
    mode(roots, "rwx------");
    Path disk = own.resolve("names.qcow2");
    Program.of("qemu-img", "create", "-qfqcow2", "-Fqcow2", "-b" + secret, disk.toString()).run();
    giveAway();
    String request = with("chain", List.of(disk));
    assertThat(ask(HELPER + " hold", List.of(request)).get(request)).contains("can't be mounted");
  }

  /** Its standard input stays open meanwhile, so that is not what ends it. */
  @Test
  void whoKillsTheSupervisorEndsTheHolder() throws Exception {
    Path requests = own.resolve("requests");
    Program.of("mkfifo", requests.toString()).run();
    try (RandomAccessFile asking = new RandomAccessFile(requests.toFile(), "rw")) {
      killTheSupervisor(requests, asking);
    }
  }

  private void killTheSupervisor(Path requests, RandomAccessFile asking) throws Exception {
    Process asked =
        new ProcessBuilder(OrdinaryUser.runs(List.of("sudo", "-n", HELPER, "hold")))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectInput(requests.toFile())
            .start();
    try {
      asking.write((with("protocol", 2) + "\n").getBytes(ISO_8859_1));
      assertThat(asked.getInputStream().read()).isEqualTo('d');
      List<ProcessHandle> ours =
          asked.descendants().filter(each -> command(each).contains("regild-helper hold")).toList();
      ProcessHandle holder =
          ours.stream()
              .filter(each -> each.children().anyMatch(HelperIT::isStorageDaemon))
              .findFirst()
              .orElseThrow();
      List<ProcessHandle> below = holder.descendants().toList();
      holder.parent().orElseThrow().destroyForcibly();
      holder.onExit().get(180, TimeUnit.SECONDS);
      for (ProcessHandle each : below) {
        each.onExit().get(180, TimeUnit.SECONDS);
      }
    } finally {
      asked.destroyForcibly();
    }
  }

  private static boolean isStorageDaemon(ProcessHandle process) {
    return command(process).contains("qemu-storage-daemon");
  }

  private static String command(ProcessHandle process) {
    try {
      return Files.readString(
              Path.of("/proc", String.valueOf(process.pid()), "cmdline"), ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException gone) {
      return "";
    }
  }

  @Test
  void sudoStartsNothingElseForTheUser() throws Exception {
    for (String command :
        List.of(
            HELPER,
            HELPER + " hold /etc",
            HELPER + " close",
            "/bin/sh -c id",
            "-u daemon " + HELPER + " hold")) {
      assertThat(ask(command, List.of("")).get("")).as(command).contains("password is required");
    }
    List<String> change = List.of("sh", "-c", "test -r \"$0\" && ! test -w \"$0\"", HELPER);
    Program.of(OrdinaryUser.runs(change)).run();
  }

  @Test
  void itDoesNotRunWhereOthersCanChangeIt() throws Exception {
    Path copy = Files.write(own.resolve("regild-helper"), Resources.read("regild-helper"));
    mode(copy, "rw-rw-rw-");
    Process process =
        new ProcessBuilder("python3", "-IS", copy.toString(), "hold")
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    assertThat(new String(process.getInputStream().readAllBytes(), ISO_8859_1))
        .contains("can be changed by users other than root");
    assertThat(process.waitFor()).isEqualTo(2);
  }

  /** What it answers to each, when the user starts it. */
  private Map<String, String> ask(String command, List<String> requests) throws Exception {
    Path conversations = Files.createTempDirectory(own, "asked");
    for (int n = 0; n < requests.size(); n++) {
      Files.writeString(conversations.resolve(n + ".in"), requests.get(n) + "\n");
    }
    giveAway();
    Program.of(
            OrdinaryUser.runs(
                List.of(
                    "sh",
                    "-c",
                    "cd \"$1\"; for i in *.in; do sudo -n %s <$i >${i%%.in}.out 2>&1; done; true"
                        .formatted(command),
                    "sh",
                    conversations.toString())))
        .run();
    Map<String, String> answers = new HashMap<>();
    for (int n = 0; n < requests.size(); n++) {
      answers.put(requests.get(n), Files.readString(conversations.resolve(n + ".out"), ISO_8859_1));
    }
    return answers;
  }

  private String with(String name, Object value) {
    Map<String, Object> request = new HashMap<>();
    request.put("verb", "open");
    request.put("protocol", 2);
    request.put("chain", List.of(overlay, own.resolve("base.qcow2")));
    request.put("staging", own.resolve("staging"));
    request.put("scratch", own);
    request.put("filesystems", List.of(filesystem()));
    request.put(name, value);
    return JSON.writeValueAsString(plain(request));
  }

  private String filesystem(String name, Object value) {
    Map<String, Object> filesystem = new HashMap<>(filesystem());
    filesystem.put(name, value);
    return with("filesystems", List.of(filesystem));
  }

  private static Map<String, Object> filesystem() {
    return Map.of(
        "mountPoint", "/",
        "offset", 0,
        "size", SmallGuest.BYTES,
        "type", "ext4",
        "uuid", "",
        "label", "",
        "partitionUuid", "",
        "subvolume", "");
  }

  /** Paths as they are, not as URIs. */
  private static Object plain(Object value) {
    return switch (value) {
      case Path path -> path.toString();
      case List<?> list -> new ArrayList<>(list.stream().map(HelperIT::plain).toList());
      case Map<?, ?> map -> {
        Map<Object, Object> plain = new HashMap<>();
        map.forEach((key, each) -> plain.put(key, plain(each)));
        yield plain;
      }
      default -> value;
    };
  }
}
