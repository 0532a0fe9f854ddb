package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another user of the server's machine, in processes of their own: what a server keeps is neither
 * read nor changed by them, and what they put into directories for everybody leads it nowhere.
 */
@EnabledIf("canBecomeAnother")
class LocalUserIT {
  private static final String SHARED = "rwxrwxrwx";
  private static final String SECRET = "root:canary:20000:0:99999:7:::";

  /** A directory that all can enter: what keeps the attacker out is the server's own doing. */
  @TempDir Path directory;

  private Path data;
  private Path planted;

  static boolean canBecomeAnother() {
    return HostTools.areInstalled("setpriv", "qemu-img")
        && "root".equals(System.getProperty("user.name"));
  }

  @BeforeEach
  void openDirectory() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(SHARED));
    data = directory.resolve("data");
    planted =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "regild-planted-" + ProcessHandle.current().pid());
  }

  @AfterEach
  void removePlanted() throws Exception {
    Files.deleteIfExists(planted.resolve("qemu"));
    Files.deleteIfExists(planted);
  }

  @Test
  void whatAServerKeepsIsOutOfAnotherUsersReach() throws Exception {
    // As an earlier version made it, which another user could look into.
    for (String name : List.of("layers", "work", "disks", "packages")) {
      Path old = Files.createDirectories(data.resolve(name));
      Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path secret = secret(data.resolve("packages/canary"));
    assertThat(asAnother("cat", secret.toString())).isEqualTo(SECRET);
    // A directory and a link such as the server itself makes for sockets.
    asAnother("mkdir", "-m", "700", planted.toString());
    asAnother("ln", "-s", data.resolve("layers").toString(), planted.resolve("qemu").toString());

    try (ServerProcess server = ServerProcess.start(data, "vm")) {
      assertThat(server.log()).contains("removed other users' access to a directory");
      String disk = server.upload(smallDisk()).body().path("diskId").asString();
      assertThat(disk).isNotEmpty();
      assertThat(channelAdded()).isZero();

      assertThat(planted.resolve("qemu")).isSymbolicLink();
      assertThat(openToOthers()).isEmpty();
      // Even with the widest mode, as a program in work/ may give its file.
      for (String name :
          List.of("layers/l.qcow2", "work/w", "disks/d", "exports/e", "packages/p")) {
        Path file = secret(data.resolve(name));
        assertThat(asAnother("cat", file.toString())).as(name).contains("Permission denied");
        assertThat(asAnother("sh", "-c", "echo changed >\"$1\"", "sh", file.toString()))
            .as(name)
            .contains("Permission denied");
        assertThat(file).hasContent(SECRET);
      }
      for (String name : List.of("master.key", "regild.db", "credentials", "audit.log", "lock")) {
        assertThat(asAnother("cat", data.resolve(name).toString())).contains("Permission denied");
      }
      assertThat(asAnother("ls", data.toString())).contains("Permission denied");
      // The directory around is everybody's here, who could rename what is in it.
      assertThat(server.log()).contains("others can replace the data directory");
    }
  }

  @Test
  void aCommandRefusesAnotherUsersDataDirectory() throws Exception {
    Files.createDirectory(data);
    Files.writeString(data.resolve("regild.db"), "");
    Files.setAttribute(data, "unix:uid", 65534);
    Ended ended = command("account", "list", "--data", data.toString());
    assertThat(ended.status()).isOne();
    assertThat(ended.output()).contains("belongs to the user", "sudo -u");
    assertThat(data.resolve("regild.db")).isEmptyFile();
  }

  private Path smallDisk() throws Exception {
    Path disk = directory.resolve("disk.qcow2");
    run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "1M");
    return disk;
  }

  private int channelAdded() throws Exception {
    Path repository = Files.createDirectories(directory.resolve("repository"));
    Ended ended =
        command(
            "channel",
            "add",
            "rocky",
            "--data",
            data.toString(),
            "--no-refresh",
            "--platform",
            "ROCKY_LINUX8",
            "--repo",
            repository.toUri().toString());
    return ended.status();
  }

  /** Files and directories of the server's with a right for anybody but their owner. */
  private List<String> openToOthers() throws IOException {
    List<String> open = new ArrayList<>();
    Files.walkFileTree(
        data,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            return visitFile(path, attributes);
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            Set<PosixFilePermission> found = Files.getPosixFilePermissions(path);
            String text = PosixFilePermissions.toString(found);
            if (!text.endsWith("------")) {
              open.add(text + " " + path);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return open;
  }

  private static Path secret(Path file) throws Exception {
    return Files.setPosixFilePermissions(
        Files.writeString(file, SECRET), PosixFilePermissions.fromString(SHARED));
  }

  private static String asAnother(String... command) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    all.addAll(List.of(command));
    return run(all.toArray(String[]::new)).output().strip();
  }

  /** What came of it: its status, and all that it wrote. */
  private record Ended(int status, String output) {}

  private static Ended command(String... arguments) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Regild.class.getName()));
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new));
  }

  private static Ended run(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(Map.of("LC_ALL", "C.UTF-8"));
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
