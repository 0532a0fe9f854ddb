package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher does with root's rights, where other programs stand in for those of root. */
class LauncherTest {
  @TempDir Path directory;

  private Path programs;
  private Path temporary;

  @BeforeEach
  void make() throws IOException {
    programs = Files.createDirectory(directory.resolve("bin"));
    temporary = Files.createDirectory(directory.resolve("tmp"));
  }

  @Test
  void theDemoAsRootHasTheProxiesAndNoCommandLineNamesThem() throws Exception {
    // Root has of the environment only what it is told to keep.
    stub(
        "sudo",
        "printf 'arguments: %s\\n' \"$*\"; [ \"${1#--preserve-env}\" = \"$1\" ] || shift; \"$@\"");
    String said =
        run(
            Map.of(
                "http_proxy", "http://user:s3cret@proxy.example",
                "https_proxy", "http://user:s3cret@proxy.example",
                "all_proxy", "http://user:s3cret@proxy.example",
                "no_proxy", "intern.example",
                "REGILD_CACHE", "/cache dir"),
            "bash",
            "-c",
            functions() + "as_root_with_settings true");
    assertThat(said)
        .startsWith(
            "arguments: --preserve-env=http_proxy,https_proxy,all_proxy,no_proxy env REGILD_CACHE=/cache dir true")
        .doesNotContain("s3cret");
    assertThat(run(Map.of(), "bash", "-c", functions() + "as_root_with_settings true"))
        .startsWith("arguments: env true");
  }

  @Test
  void aSetupThatDiesLeavesNoTemporaryFile() throws Exception {
    stub("dpkg-query", "echo installed");
    stub("env", "exit 0");
    stub("usermod", "exit 0");
    stub("sudo", "\"$@\"");
    stub("visudo", "ls \"$TMPDIR\" | sed 's/^/while it ran: /'; exit 1");
    String said =
        run(
            Map.of("TMPDIR", temporary.toString()),
            "bash",
            Path.of("regild").toRealPath().toString(),
            "setup",
            "nobody");
    assertThat(said).contains("while it ran: tmp.", "sudo takes no rule for nobody", "exit 1");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aSetupNeedsNoPackageSystemWhereItsProgramsAreThere() throws Exception {
    stub("dpkg-query", "exit 127");
    stub("apt-get", "exit 127");
    stub("env", "exit 0");
    stub("usermod", "exit 0");
    stub("sudo", "\"$@\"");
    stub("visudo", "exit 1");
    String said =
        run(
            Map.of("TMPDIR", temporary.toString()),
            "bash",
            Path.of("regild").toRealPath().toString(),
            "setup",
            "nobody");
    assertThat(said)
        .contains("sudo takes no rule for nobody")
        .doesNotContain("the programs that setup needs");
  }

  @Test
  void theTrainingServerHasNeitherTheServersDatabaseNorItsSecretsAndManager() throws Exception {
    Path root = Files.createDirectories(directory.resolve("root"));
    Files.createDirectory(root.resolve("target"));
    Files.writeString(root.resolve("target/regild.jar"), "");
    stub("sleep", "exit 0");
    stub(
        "nice", "shift; env >>\"$TMPDIR/seen\"; echo '\"server started\" address=127.0.0.1:9' >&2");
    String said =
        run(
            Map.of(
                "TMPDIR", temporary.toString(),
                "JAVA_HOME", "/jre",
                "REGILD_DATABASE", "postgresql://db/regild",
                "REGILD_MASTER_KEY", "s3cret",
                "PGPASSWORD", "s3cret",
                "AWS_SECRET_ACCESS_KEY", "s3cret",
                "CREDENTIALS_DIRECTORY", "/run/credentials/regild.service",
                "NOTIFY_SOCKET", "/run/systemd/notify"),
            "bash",
            "-c",
            "set -euo pipefail; root=$0 cache=$0/cache java_options=(-x) server_options=(-x)"
                + part("\nname_recorded() {", "\nhas_own_kernel() {")
                + "train >/dev/null 2>&1 || true",
            root.toString());
    assertThat(said).isEqualTo("exit 0");
    assertThat(temporary.resolve("seen"))
        .content()
        .contains("JAVA_HOME=/jre", "REGILD_CACHE=" + root + "/cache")
        .doesNotContain(
            "s3cret", "REGILD_DATABASE", "PGPASSWORD", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET");
  }

  /** Those of the launcher that choose what root gets. */
  private static String functions() throws IOException {
    return "set -euo pipefail" + part("\nsettings() {", "\nrun() {");
  }

  private static String part(String from, String to) throws IOException {
    String launcher = Files.readString(Path.of("regild"));
    int start = launcher.indexOf(from);
    int end = launcher.indexOf(to);
    assertThat(start).isPositive().isLessThan(end);
    return launcher.substring(start, end) + "\n";
  }

  private String run(Map<String, String> settings, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(settings);
    builder.environment().put("PATH", programs + ":/usr/sbin:/usr/bin:/sbin:/bin");
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    return said + "exit " + process.waitFor();
  }

  private void stub(String name, String script) throws IOException {
    Path file = programs.resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
