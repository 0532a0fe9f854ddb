package dev.regild.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command in a process of its own, some of whose tools may be broken. */
class DoctorIT {
  @TempDir Path directory;
  private Path tools;
  private Path temporary;

  @BeforeEach
  void makeDirectories() throws Exception {
    tools = Files.createDirectory(directory.resolve("tools"));
    temporary = Files.createDirectory(directory.resolve("tmp"));
  }

  @Test
  void aMachineWithAllToolsCanServiceEveryPlatform() throws Exception {
    Ended doctor = doctor();
    assertThat(doctor.status()).as(doctor.output()).isZero();
    assertThat(doctor.output())
        .containsPattern(
            "platform DEBIAN_12 +ok +No channel for DEBIAN_12. Add one: regild channel add NAME")
        .containsPattern("platform RHEL8 +ok ")
        .containsPattern("platform WINDOWS_SERVER_2022 +ok ")
        .containsPattern("appliance's kernel +ok +/")
        .containsPattern("OVMF +ok +/")
        // What every machine has on which the tests run, each tried by the command.
        .containsPattern("bubblewrap +ok +a program ran in it without the host's network")
        .containsPattern("user namespaces +ok +an unprivileged user is 0 in one")
        .containsPattern("seccomp +ok +a program ran under a filter")
        .containsPattern("QEMU's sandbox +ok +an emulated machine booted in it")
        .containsPattern("libguestfs' backend +ok +direct")
        .containsPattern("umask +ok +a new file is rw-------")
        .containsPattern("data directory +- +.*none is created when the server first starts")
        .containsPattern("listen +ok +127.0.0.1 is this machine's own");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void whatSomeImagesNeedIsNoProblemForOthers() throws Exception {
    breakTool("qemu-storage-daemon");
    breakTool("msiinfo");
    Ended doctor = doctor();
    assertThat(doctor.status()).as(doctor.output()).isZero();
    assertThat(doctor.output())
        .containsPattern("qemu-storage-daemon +absent +needed for isolation namespace")
        .containsPattern("platform DEBIAN_12 +ok ")
        .containsPattern("platform WINDOWS +no +apt-get install msitools");
  }

  @Test
  void withoutASandboxThereIsNoPlatform() throws Exception {
    breakTool("bwrap");
    Ended doctor = doctor();
    assertThat(doctor.status()).isOne();
    assertThat(doctor.output())
        .containsPattern("bwrap +PROBLEM")
        .containsPattern("bubblewrap +PROBLEM")
        .containsPattern("! bubblewrap: .*failed with status 1; apt-get install bubblewrap")
        .containsPattern("seccomp +missing +bwrap failed with status 1|seccomp +missing +sh failed")
        .containsPattern("platform DEBIAN_12 +no ");
  }

  @Test
  void withoutWhatEveryImageNeedsThereIsNoPlatform() throws Exception {
    breakTool("qemu-img");
    Ended doctor = doctor("--json");
    assertThat(doctor.status()).isOne();
    JsonNode found = JsonMapper.shared().readTree(doctor.output());
    assertThat(found.path("healthy").asBoolean(true)).isFalse();
    JsonNode tool = check(found.path("machine"), "qemu-img");
    assertThat(tool.path("problem").asBoolean(false)).isTrue();
    assertThat(tool.path("detail").asString()).contains("needed for every image");
    assertThat(check(found.path("machine"), "platform DEBIAN_12").path("state").asString())
        .isEqualTo("no");
    assertThat(check(found.path("protections"), "umask").path("problem").asBoolean(true)).isFalse();
  }

  @Test
  void whatOthersCanReadAndWhomTheServerLetsInAreProblems() throws Exception {
    Path data = Files.createDirectory(directory.resolve("none"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));
    Path config = directory.resolve("regild.yaml");
    Files.writeString(config, "listen: 0.0.0.0:8790\nauth: \"off\"\n");
    Ended doctor = doctor("--config", config.toString());
    assertThat(doctor.status()).isOne();
    assertThat(doctor.output())
        .containsPattern("data directory +PROBLEM")
        .contains("! data directory: " + data + " is rwxr-x---; start the server, which fixes this")
        .contains("! listen: 0.0.0.0 with auth off lets everyone in; set auth: sigv4");
  }

  private static JsonNode check(JsonNode checks, String name) {
    return checks
        .valueStream()
        .filter(check -> check.path("check").asString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** What came of it: its status, and all that it wrote. */
  private record Ended(int status, String output) {}

  private Ended doctor(String... more) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>());
    builder
        .command()
        .addAll(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                Regild.class.getName(),
                "doctor",
                "--data",
                directory.resolve("none").toString()));
    builder.command().addAll(List.of(more));
    builder.environment().merge("PATH", tools + ":", (path, first) -> first + path);
    builder.environment().put("TMPDIR", temporary.toString());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  private void breakTool(String name) throws Exception {
    Path tool = Files.write(tools.resolve(name), List.of("#!/bin/sh", "exit 1"));
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
