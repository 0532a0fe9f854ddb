package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher on a machine that has no JDK 25, no kernel, and an apt that has none of the JDK: it
 * runs under bubblewrap, which hides this machine's. JDK and kernel are stand-ins of a few files,
 * since what is tested is how they are fetched.
 */
@EnabledIf("canHideTheJdk")
class LauncherIT {
  @TempDir Path directory;

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private Path cache;
  private Path programs;
  private Path archive;

  static boolean canHideTheJdk() {
    return HostTools.areInstalled("bwrap", "curl");
  }

  @BeforeEach
  void offerAnArchive() throws Exception {
    cache = directory.resolve("cache");
    programs = Files.createDirectories(directory.resolve("bin"));
    for (String name : List.of("apt-get", "apt-cache")) {
      writeProgram(programs.resolve(name), "exit 0\n");
    }
    archive = archiveOfJdk("25.0.3");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(exchange.getRequestURI().toString());
          byte[] content = Files.readAllBytes(archive);
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void aJdkIsFetchedVerifiedAndKept() throws Exception {
    Path kept = cache.resolve("jdk").resolve(sha256());
    assertThat(jdk(Map.of())).isEqualTo(kept.toString());
    assertThat(jdk(Map.of())).as("the second time").isEqualTo(kept.toString());
    assertThat(requests).containsExactly("/jdk.tar.gz");
    assertThat(leftInCache()).containsExactly("jdk");
  }

  @Test
  void anotherFileThanThePinnedOneIsRefused() throws Exception {
    assertThatThrownBy(() -> jdk(Map.of("REGILD_JDK_SHA256", "")))
        .as("the pinned hash, which only Temurin's own archive has")
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("is not the JDK that was expected: its SHA-256 is " + sha256())
        .hasMessageContaining("REGILD_JDK_URL");
    assertThat(leftInCache()).containsExactly("jdk");
    assertThat(cache.resolve("jdk")).isEmptyDirectory();
  }

  @Test
  void anOlderJdkIsRefused() throws Exception {
    archive = archiveOfJdk("21.0.9");
    assertThatThrownBy(() -> jdk(Map.of()))
        .hasMessageContaining("holds no JDK of version 25 or newer");
    assertThat(cache.resolve("jdk")).isEmptyDirectory();
  }

  @Test
  void withoutANetworkTheRemediesAreNamed() {
    server.stop(0);
    assertThatThrownBy(() -> jdk(Map.of()))
        .hasMessageContaining("cannot fetch a JDK from " + url())
        .hasMessageContaining("https_proxy")
        .hasMessageContaining("JAVA_HOME");
    assertThat(cache.resolve("jdk")).isEmptyDirectory();
  }

  @Test
  void aProxyOfTheEnvironmentIsAsked() throws Exception {
    String elsewhere = "http://jdk.example/jdk.tar.gz";
    String proxy = "http://127.0.0.1:" + server.getAddress().getPort();
    jdk(Map.of("REGILD_JDK_URL", elsewhere, "http_proxy", proxy));
    assertThat(requests).containsExactly(elsewhere);
  }

  @Test
  void onUbuntuTheKernelAndItsModulesAreTwoPackages() throws Exception {
    String version = "6.8.0-90-generic";
    deb("linux-image-" + version, "boot/vmlinuz-" + version, "rw-------");
    deb("linux-modules-" + version, "lib/modules/" + version + "/kernel/a.ko", "rw-r--r--");
    aptWithDebs(
        """
        case $* in
        *linux-image-virtual*) echo '  Depends: linux-image-6.8.0-90-generic' ;;
        *linux-image-6.8.0-90-generic*) echo '  Depends: linux-modules-6.8.0-90-generic' ;;
        esac
        """);
    assertThat(kernelSettings()).isEqualTo(kernelIn(cache, version));
    assertThat(Files.getPosixFilePermissions(cache.resolve("kernel/vmlinuz")))
        .as("the appliance is made by any user")
        .contains(PosixFilePermission.OTHERS_READ);
    assertThat(cache.resolve("kernel").resolve(version).resolve("kernel/a.ko")).exists();
    assertThat(leftInCache()).containsExactly("kernel");
  }

  @Test
  void onDebian13TheModulesAreBelowUsr() throws Exception {
    String version = "6.12.118+deb13-cloud-amd64";
    String name = "linux-image-" + version;
    deb(
        name,
        "boot/vmlinuz-" + version,
        "rw-r--r--",
        "usr/lib/modules/" + version + "/kernel/a.ko");
    aptWithDebs("case $* in *linux-image-cloud-amd64*) echo '  Depends: " + name + "' ;; esac\n");
    assertThat(kernelSettings()).isEqualTo(kernelIn(cache, version));
    assertThat(cache.resolve("kernel").resolve(version).resolve("kernel/a.ko")).exists();
  }

  @Test
  void withoutAKernelPackageTheNamesAreTold() {
    assertThatThrownBy(this::kernelSettings)
        .hasMessageContaining(
            "apt has none of the packages linux-image-cloud-amd64 linux-image-virtual");
  }

  /** What the launcher tells the programs that make an appliance. */
  private String kernelSettings() throws Exception {
    return launch(Map.of(), "with", "sh", "-c", "echo $SUPERMIN_KERNEL $SUPERMIN_MODULES");
  }

  private static String kernelIn(Path cache, String version) {
    return cache.resolve("kernel/vmlinuz") + " " + cache.resolve("kernel").resolve(version);
  }

  private String jdk(Map<String, String> settings) throws Exception {
    return launch(settings, "jdk");
  }

  private String launch(Map<String, String> settings, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bwrap", "--bind", "/", "/"));
    command.addAll(List.of("--dev-bind", "/dev", "/dev", "--tmpfs", "/usr/lib/jvm"));
    command.addAll(List.of("--tmpfs", "/boot", "--tmpfs", "/lib/modules"));
    command.addAll(List.of("--die-with-parent", "--", Path.of("regild").toRealPath().toString()));
    command.addAll(List.of(arguments));
    Program program =
        Program.of(command)
            .within(Duration.ofMinutes(1))
            .with("PATH", programs + ":/usr/bin:/bin")
            .with("REGILD_CACHE", cache.toString())
            .with("REGILD_JDK_URL", url().toString())
            .with("REGILD_JDK_SHA256", sha256());
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      program = program.with(setting.getKey(), setting.getValue());
    }
    return program.run().strip();
  }

  private URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/jdk.tar.gz");
  }

  private String sha256() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(archive));
    return HexFormat.of().formatHex(digest);
  }

  /** An apt that downloads what {@link #deb} has made. */
  private void aptWithDebs(String aptCache) throws IOException {
    writeProgram(programs.resolve("apt-cache"), aptCache);
    writeProgram(
        programs.resolve("apt-get"),
        """
        for package in "$@"; do
          ! [ -f "%1$s/$package.deb" ] || cp "%1$s/$package.deb" .
        done
        """
            .formatted(directory));
  }

  private void deb(String name, String file, String rights, String... more) throws Exception {
    Path tree = Files.createDirectory(directory.resolve(name));
    Files.writeString(
        Files.createDirectory(tree.resolve("DEBIAN")).resolve("control"),
        """
        Package: %s
        Version: 1
        Architecture: all
        Maintainer: Nobody <nobody@regild.example>
        Description: a stand-in
        """
            .formatted(name));
    for (String each : Stream.concat(Stream.of(file), Stream.of(more)).toList()) {
      Files.createDirectories(tree.resolve(each).getParent());
      Files.writeString(tree.resolve(each), "");
    }
    Files.setPosixFilePermissions(tree.resolve(file), PosixFilePermissions.fromString(rights));
    Program.of("dpkg-deb", "--build", tree.toString(), directory.resolve(name + ".deb").toString())
        .run();
  }

  private Path archiveOfJdk(String version) throws Exception {
    Path jdk = Files.createDirectories(directory.resolve("tree-" + version).resolve("jdk"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    writeProgram(Files.createDirectories(jdk.resolve("bin")).resolve("javac"), "exit 0\n");
    Path file = directory.resolve(version + ".tar.gz");
    Program.of("tar", "-czf", file.toString(), "-C", jdk.getParent().toString(), "jdk").run();
    return file;
  }

  private static void writeProgram(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** But for logs. */
  private List<String> leftInCache() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(n -> !n.equals("log"))
          .toList();
    }
  }
}
