package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of the Debian package, in a directory that stands in for the root directory. */
class MaintainerScriptsTest {
  @TempDir Path root;

  private Path data;
  private Path secret;

  @BeforeEach
  void makeRoot() throws IOException {
    for (String name :
        List.of("deb-systemd-helper", "deb-systemd-invoke", "systemctl", "userdel")) {
      stub(root.resolve("bin").resolve(name));
    }
    stub(root.resolve("bin/getent"));
    stub(root.resolve("usr/lib/regild/regild"));
    Files.createDirectories(root.resolve("run/systemd/system"));
    Files.createDirectories(root.resolve("etc/systemd/system"));
    data = Files.createDirectories(root.resolve("var/lib/regild"));
    Path secrets = Files.createDirectories(root.resolve("etc/regild/credentials"));
    secret = Files.writeString(secrets.resolve("REGILD_MASTER_KEY"), "key");
    Files.writeString(root.resolve("etc/regild/agent.gpg"), "");
    Files.createDirectories(data.resolve("layers"));
    Files.createDirectories(data.resolve("disks"));
  }

  @Test
  void theFirstInstallationRecordsClassesAndThenStarts() throws Exception {
    assertThat(run("postinst", "configure", ""))
        .containsSubsequence(
            "regild setup regild",
            "regild record",
            "deb-systemd-invoke start regild.socket regild.service");
  }

  @Test
  void anUpgradeRestartsOnlyWhatRuns() throws Exception {
    assertThat(run("postinst", "configure", "0.0.9"))
        .contains("deb-systemd-invoke try-restart regild.service regild-worker.service")
        .noneMatch(line -> line.startsWith("deb-systemd-invoke start"));
  }

  /** dpkg still names the version before, and the units are stopped and masked. */
  @Test
  void anInstallationAfterARemovalStarts() throws Exception {
    Files.createSymbolicLink(
        root.resolve("etc/systemd/system/regild.service"), Path.of("/dev/null"));
    List<String> calls = run("postinst", "configure", "0.0.9");
    Files.delete(root.resolve("etc/systemd/system/regild.service"));
    assertThat(calls).contains("deb-systemd-invoke start regild.socket regild.service");
  }

  @Test
  void aPurgeWithoutImagesLeavesNothing() throws Exception {
    Files.writeString(data.resolve("regild.db"), "");
    assertThat(run("postrm", "purge")).contains("userdel regild");
    assertThat(data).doesNotExist();
    assertThat(root.resolve("etc/regild")).doesNotExist();
  }

  @Test
  void aPurgeThatKeepsImagesKeepsTheKeyThatTheyNeed() throws Exception {
    Files.writeString(data.resolve("layers/1.qcow2"), "");
    assertThat(run("postrm", "purge")).noneMatch(line -> line.startsWith("userdel"));
    assertThat(data.resolve("layers/1.qcow2")).exists();
    assertThat(secret).exists();
    assertThat(root.resolve("etc/regild/agent.gpg")).doesNotExist();
  }

  @Test
  void aPurgeKeepsTheRegistryOfImagesThatAreInAStore() throws Exception {
    Files.writeString(data.resolve("regild.db"), "");
    Files.createDirectory(data.resolve("arriving"));
    assertThat(run("postrm", "purge")).noneMatch(line -> line.startsWith("userdel"));
    assertThat(data.resolve("regild.db")).exists();
  }

  /** Returns what the script called, and in which order. */
  private List<String> run(String script, String... arguments) throws Exception {
    String text = Files.readString(Path.of("deploy/package/debian", script));
    for (String directory : List.of("usr", "etc", "run", "var")) {
      text = text.replaceAll("(?<=[ (\"=])/" + directory + "/", root + "/" + directory + "/");
    }
    // Nothing of this machine may be in the way of what the script removes.
    assertThat(text.replace(root + "/", "")).doesNotContainPattern("/(usr|etc|run|var)/");
    List<String> command = new ArrayList<>(List.of("sh", "-c", text, script));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", root.resolve("bin") + ":/usr/bin:/bin");
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return Files.exists(root.resolve("calls"))
        ? Files.readAllLines(root.resolve("calls"))
        : List.of();
  }

  private void stub(Path file) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, "#!/bin/sh\necho \"${0##*/} $*\" >>" + root.resolve("calls") + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
