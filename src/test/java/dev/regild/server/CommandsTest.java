package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.files.Sha256;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.ConfigurationFiles;
import dev.regild.inventory.ConfigurationFiles.ChangedFile;
import dev.regild.inventory.ConfigurationFiles.State;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Commands of the command line against a server whose updates nobody works on. */
@ExtendWith(RunningServer.class)
@EachDatabase
class CommandsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    server.golden("us-east-1", "golden");
  }

  @Test
  void listsAndPlansAreToldAsJsonToo() throws Exception {
    JsonNode images = json("images", "--json");
    assertThat(images.valueStream().map(image -> image.path("Name").asString())).contains("golden");
    assertThat(json("disks", "--json").at("/0/diskId").asString()).isEqualTo(ServerFixture.DISK);
    JsonNode plan = json("update", "golden", "golden-json", "--dry-run", "--json");
    assertThat(plan.at("/changes/0/name").asString()).isEqualTo("openssl");
    assertThat(commands.run(2, "update", "golden", "golden-json", "--json"))
        .startsWith("--json needs --dry-run.");
  }

  @Test
  void aBillOfMaterialsIsPrintedOrWritten() throws Exception {
    assertThat(json("sbom", "golden").at("/components/0/purl").asString())
        .isEqualTo("pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12");
    assertThat(commands.run(0, "sbom", "golden"))
        .as("to the byte: a statement names its hash")
        .isEqualTo(
            new String(
                server.send(server.key, "GET", "/regild/v1/images/golden/sbom").body(), UTF_8));
    Path file = server.data.resolve("golden.spdx.json");
    assertThat(commands.run(0, "sbom", "golden", "--format", "spdx", "--output", file.toString()))
        .isEmpty();
    assertThat(JsonMapper.shared().readTree(file.toFile()).path("spdxVersion").asString())
        .isEqualTo("SPDX-2.3");
    assertThat(commands.run(1, "sbom", "golden", "--format", "html"))
        .contains("The query parameter format is 'html'. It must be cyclonedx or spdx.");
    assertThat(commands.run(1, "sbom", "none")).contains("none");
    assertThat(commands.run(1, "sbom", "golden", "--output", "/nowhere/golden.json"))
        .contains("The directory of /nowhere/golden.json does not exist");
  }

  @Test
  void imagesAreComparedWhateverTheirLineage() throws Exception {
    OperatingSystem os = new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12", "12.6");
    server.golden(
        "us-east-1",
        "compared",
        new Inventory(
            os,
            "amd64",
            List.of(
                new InstalledPackage("openssl", "amd64", "3.0.9-1", false),
                new InstalledPackage("zstd", "amd64", "1.5.4-1", false))));
    JsonNode difference = json("diff", "golden", "compared", "--json");
    assertThat(difference.at("/packages/0/kind").asString()).isEqualTo("DOWNGRADED");
    assertThat(difference.at("/packages/1/kind").asString()).isEqualTo("ADDED");
    assertThat(difference.has("cves")).as("they do not descend from each other").isFalse();
    assertThat(commands.run(0, "diff", "golden", "compared"))
        .contains("downgraded  openssl  3.0.11-1  3.0.9-1")
        .contains("kernel")
        .contains("failing units  none")
        .contains("CVEs unknown: openssl (its changelog was not read yet)")
        .doesNotContain("CVEs fixed");
    JsonNode part = own("/regild/v1/images/golden/diff?with=compared&limit=1");
    assertThat(part.path("packages")).hasSize(1);
    assertThat(
            own("/regild/v1/images/golden/diff?with=compared&limit=1&next="
                    + part.path("next").asString())
                .at("/packages/0/name")
                .asString())
        .isEqualTo("zstd");
    assertThat(commands.run(2, "diff", "golden")).contains("or write --snapshot");
    assertThat(commands.run(1, "diff", "golden", "--snapshot"))
        .contains("No channel for DEBIAN_12");
    assertThat(commands.run(0, "diff", "golden", "golden"))
        .contains("Both images have the same packages.");
    assertThat(commands.run(1, "diff", "golden", "none")).contains("none");
  }

  @Test
  void imagesAreFoundByWhatIsInThem() throws Exception {
    for (String name : List.of("xz-bad", "xz-good")) {
      server.golden(
          "us-east-1",
          name,
          new Inventory(
              new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12", "12.6"),
              "amd64",
              List.of(
                  new InstalledPackage(
                      "xz-utils",
                      "amd64",
                      name.equals("xz-bad") ? "5.6.1-1" : "5.6.1+really5.4.5-1",
                      false))));
    }
    assertThat(commands.run(0, "find", "xz-utils", "--version", "5.6.0..5.6.1"))
        .contains("xz-bad  xz-utils  5.6.1-1  -")
        .contains("1 images, and 0 that were deleted")
        .doesNotContain("xz-good");
    assertThat(json("find", "xz-utils", "--json")).hasSize(2);
    assertThat(commands.run(0, "show", "xz-bad"))
        .containsPattern("packages +1; stored by an older version, without their sources");
    assertThat(commands.run(0, "find", "--cve", "CVE-2024-3094"))
        .contains("no feed names CVE-2024-3094 in a package of an image")
        .contains("note: No feed says which CVEs are open in")
        .doesNotContain("No image has it");
    assertThat(commands.run(0, "find", "--advisory", "RHSA-2026:1"))
        .contains("No channel's current snapshot has this advisory.");
    assertThat(commands.run(2, "find")).contains("Name a package, or write one of");
    assertThat(commands.run(1, "find", "--cve", "2024-3094")).contains("Write one such as CVE-");
    assertThat(commands.run(1, "find", "xz-utils", "--version", "..")).contains("5.6.0..5.6.1");
    assertThat(commands.run(1, "find", "xz-utils", "--state", "broken"))
        .contains("fixable, fixed, mentioned, unknown, open or wont-fix");
    JsonNode page = own("/regild/v1/search?package=xz-utils&limit=1");
    assertThat(page.at("/images/0/name").asString()).isEqualTo("xz-bad");
    String next = page.path("next").asString();
    JsonNode last = own("/regild/v1/search?package=xz-utils&limit=1&next=" + next);
    assertThat(last.at("/images/0/name").asString()).isEqualTo("xz-good");
    assertThat(last.has("next")).isFalse();
    assertThat(own("/regild/v1/search?package=other&next=" + next).path("__type").asString())
        .isEqualTo("InvalidParameterCombinationException");
    assertThat(own("/regild/v1/search?package=xz-utils&limit=0").path("Message").asString())
        .contains("whole number from 1 to 500");
  }

  private static JsonNode own(String path) throws Exception {
    return JsonMapper.shared().readTree(server.send(server.key, "GET", path).body());
  }

  /** The kernel's are folded where people look, and whole where they are asked for. */
  @Test
  void changedConfigurationFilesAreShownWithoutWhatATerminalObeys() throws Exception {
    List<ChangedFile> changed =
        IntStream.range(0, 12)
            .mapToObj(i -> new ChangedFile("/etc/%02d\u001b[31m".formatted(i), "a", State.MISSING))
            .toList();
    server.golden(
        "us-east-1",
        "configured",
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(new InstalledPackage("a", "amd64", "1", false)),
            Collections.emptySortedMap(),
            UpdatePolicy.NONE,
            new ConfigurationFiles(40, 38, changed)));
    assertThat(commands.run(0, "show", "configured"))
        .containsPattern("configuration +38 of 40 files compared with their packages, 12 changed")
        .containsPattern("missing +/etc/09.* \\(a\\)")
        .contains("lists up to 100")
        .doesNotContain("/etc/10")
        .doesNotContain("\u001b");
    assertThat(json("show", "configured", "--json").at("/inventory/configuration/files"))
        .hasSize(12);
  }

  @Test
  void whatAnUpdateFixedIsShownWithItsEvidence() throws Exception {
    Image image = server.golden("us-east-1", "fixed");
    FixedCve kernel = new FixedCve("CVE-2026-99362", "6.1.192+3", "* nfsd (CVE-2026-99362)");
    FixedCve openssl = new FixedCve("CVE-2026-84782", "3.0.22-1", "* CVE-2026-84782 (DTLS)");
    Fixes fixes =
        new Fixes(
            List.of(
                new SourceFixes(
                    "linux-signed-amd64",
                    "6.1.158+1",
                    "6.1.192+3",
                    List.of("linux-image-amd64"),
                    true,
                    "",
                    List.of(kernel),
                    List.of()),
                new SourceFixes(
                    "openssl",
                    "3.0.11-1",
                    "3.0.22-1",
                    List.of("openssl"),
                    false,
                    "it has no changelog",
                    List.of(openssl),
                    List.of())));
    server.database.useTransaction(handle -> Changelogs.record(handle, image.id(), fixes));
    JsonNode vex = json("vex", "fixed");
    assertThat(vex.path("statements")).hasSize(2);
    assertThat(vex.at("/statements/0/vulnerability/name").asString()).isEqualTo("CVE-2026-84782");
    assertThat(vex.at("/statements/0/status").asString()).isEqualTo("fixed");
    assertThat(vex.at("/statements/0/products/0/subcomponents/0/@id").asString())
        .isEqualTo("pkg:deb/debian/openssl@3.0.11-1");
    assertThat(vex.at("/statements/0/products/1/identifiers/purl").asString())
        .isEqualTo("pkg:deb/debian/openssl@3.0.11-1");
    assertThat(vex.at("/statements/0/status_notes").asString()).contains("CVE-2026-84782 (DTLS)");
    JsonNode first = own("/regild/v1/images/fixed/vulnerabilities?limit=1");
    assertThat(first.at("/fixed/kernel").asInt()).isEqualTo(1);
    assertThat(first.at("/fixed/sources/0/fixedCves")).hasSize(1);
    assertThat(first.at("/fixed/sources/1/fixedCves").isEmpty()).isTrue();
    JsonNode second =
        own(
            "/regild/v1/images/fixed/vulnerabilities?limit=1&next="
                + first.path("next").asString());
    assertThat(second.at("/fixed/sources/0/fixedCves/0/cve").asString())
        .isEqualTo("CVE-2026-84782");
    assertThat(second.at("/fixed/sources")).hasSize(1);
    assertThat(commands.run(0, "vulnerabilities", "fixed", "--fixed-by-update"))
        .containsPattern("CVE-2026-84782 +openssl +3.0.11-1 +fixed +3.0.22-1 +\\* CVE-2026-84782 ")
        .contains("Fixed: at least 1, and 1 in the kernel; only mentioned: 0")
        .contains("Unknown: openssl (it has no changelog)")
        .doesNotContain("CVE-2026-99362");
    JsonNode listed = json("vulnerabilities", "fixed", "--fixed-by-update", "--kernel", "--json");
    assertThat(listed.valueStream().map(each -> each.path("cve").asString()))
        .containsExactly("CVE-2026-99362", "CVE-2026-84782");
    assertThat(commands.run(1, "vulnerabilities", "golden", "--fixed-by-update"))
        .contains("No update is recorded that made the image golden.");
    assertThat(commands.run(1, "vulnerabilities", "golden", "--fixable"))
        .contains("or its channel has no snapshot");
    assertThat(commands.run(2, "vulnerabilities", "golden", "--fixable", "--status", "open"))
        .startsWith("Write --fixable or --fixed-by-update alone");
    for (String form : List.of("--json", "--kernel")) {
      assertThat(commands.run(1, "vulnerabilities", "golden", form))
          .as("unknown is not none")
          .contains("its open CVEs are unknown")
          .contains("regild vulnerabilities golden --fixable");
    }
    assertThat(commands.run(1, "vex", "golden"))
        .contains("No update is recorded that made the image golden.");
    assertThat(commands.run(0, "show", "fixed"))
        .contains("at least 1, and 1 in the kernel; unknown for 1 packages");
    JsonNode shown = json("show", "fixed", "--json").path("cves");
    assertThat(shown.path("kernel").asInt()).isEqualTo(1);
    assertThat(shown.path("fixed").asInt()).isEqualTo(1);
    assertThat(shown.at("/unknown/0").asString()).isEqualTo("openssl");
    assertThat(shown.at("/sources/0").has("fixedCves")).isFalse();
    assertThat(shown.at("/sources/1/fixedCves/0/evidence").asString())
        .isEqualTo("* CVE-2026-84782 (DTLS)");
  }

  @Test
  void aServerIsNamedByHostAndPortToo() {
    String address = server.uri("").getAuthority();
    assertThat(commands.runAt(address, 0, "images")).contains("golden");
    for (String wrong : List.of("ftp://127.0.0.1:1", "127.0.0.1:port", "http://", "a b")) {
      assertThat(commands.runAt(wrong, 2, "images"))
          .as(wrong)
          .contains("write http://HOST:PORT, https://HOST:PORT or HOST:PORT");
    }
  }

  @Test
  void aTagWithoutAValueIsAnsweredWithItsForm() {
    assertThat(commands.run(2, "update", "golden", "tagged", "--tag", "team"))
        .startsWith(
            "Value for option '--tag' (KEY=VALUE) should be in KEY=VALUE format but was team");
  }

  @Test
  void anExportThatCouldNotBeWrittenIsNotAskedFor() {
    Path missing = server.data.resolve("missing/golden.qcow2");
    assertThat(commands.run(1, "export", "golden", "-o", server.data.toString()))
        .contains(server.data + "; name a file: -o " + server.data.resolve("golden.qcow2"));
    assertThat(commands.run(1, "export", "golden", "-o", missing.toString()))
        .contains("The directory of " + missing + " does not exist");
  }

  @Test
  void anExportGoesToTheStandardOutputAloneAndIsTheSameDisk() throws Exception {
    Path file = server.data.resolve("golden.vhd");
    commands.run(0, "export", "golden", "--format", "vhd", "-o", file.toString());
    Process export = start("export", "golden", "--format", "vhd", "--output", "-");
    byte[] streamed = export.getInputStream().readAllBytes();
    String said = new String(export.getErrorStream().readAllBytes(), UTF_8);
    assertThat(export.waitFor()).as(said).isZero();
    // The footer has the time at which it was written.
    assertThat(Arrays.copyOf(streamed, 1 << 20))
        .isEqualTo(Arrays.copyOf(Files.readAllBytes(file), 1 << 20));
    assertThat(streamed).hasSize((1 << 20) + 512);
    assertThat(said).contains("Export: 100 %").contains("Wrote 1.0 MiB.");
  }

  /** No server is asked, and openssl alone comes to the same as the document says. */
  @Test
  void anExportedDiskIsCheckedWithWhatLiesBesideIt() throws Exception {
    Path directory = Files.createDirectory(server.data.resolve("exported"));
    Path disk = directory.resolve("golden.ova");
    assertThat(commands.run(0, "export", "golden", "--format", "ova", "-o", disk.toString()))
        .contains("golden.ova.intoto.jsonl and " + directory + "/golden.ova.cdx.json");
    Path key = directory.resolve("regild.pem");
    Files.writeString(key, server.signingKeys.list().getFirst().publicKey().pem());
    assertThat(commands.runAt("127.0.0.1:1", 0, "verify", disk + "", "--key", key + ""))
        .contains("signature  good", "disk       ", "sbom       ")
        .contains(":image/golden");
    assertThat(commands.run(2, "verify", disk + "")).contains("--key FILE");

    Path statement = directory.resolve("golden.ova.intoto.jsonl");
    Files.copy(statement, directory.resolve("golden.json"));
    Matcher document =
        Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("docs/insight.md")));
    assertThat(document.find()).isTrue();
    String script = "set -eu; cd \"$1\"; " + document.group(1).strip();
    assertThat(Program.of("sh", "-c", script, "sh", directory + "").run())
        .contains("Signature Verified Successfully");

    Path bill = directory.resolve("golden.ova.cdx.json");
    Files.writeString(bill, "{}");
    assertThat(commands.run(1, "verify", disk + "", "--key", key + ""))
        .contains("The statement does not name " + bill);
    Files.delete(bill);
    assertThat(commands.run(0, "verify", disk + "", "--key", key + "")).contains("not checked");
    Files.writeString(disk, "x", StandardOpenOption.APPEND);
    assertThat(commands.run(1, "verify", disk + "", "--key", key + ""))
        .contains("The statement is about another disk");
    var _ = server.signingKeys.rotate();
    Files.writeString(key, server.signingKeys.list().getFirst().publicKey().pem());
    assertThat(commands.run(1, "verify", disk + "", "--key", key + ""))
        .contains("was not signed by the key");
    AccessKey stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    String path = "/regild/v1/exported/%s/sbom".formatted(Sha256.of(disk));
    assertThat(server.send(stranger, "GET", path).statusCode()).isEqualTo(404);
  }

  @Test
  void anExportWhoseReaderGoesEndsWithOneLine() throws Exception {
    Process export = start("export", "golden", "--format", "raw", "-o", "-");
    export.getInputStream().readNBytes(10);
    export.getInputStream().close();
    String said = new String(export.getErrorStream().readAllBytes(), UTF_8);
    assertThat(export.waitFor()).isEqualTo(1);
    assertThat(said)
        .endsWith(
            "regild: The standard output can't be written: Broken pipe. The export is"
                + " incomplete.\n")
        .doesNotContain("\tat ");
  }

  @Test
  void compressionIsForQcow2Alone() {
    String file = server.data.resolve("golden.disk").toString();
    assertThat(commands.run(2, "export", "golden", "--compress", "--format", "vmdk", "-o", file))
        .contains("--compress goes with --format qcow2, not with vmdk.");
    commands.run(0, "export", "golden", "--compress", "-o", file);
    assertThat(commands.run(1, "export", "golden", "--format", "iso", "-o", file))
        .contains("[qcow2, raw, vmdk, vhd, vhdx, ova]");
  }

  @Test
  void anUpdateThatRunsIsShownWithItsStepsAndCancelled() {
    commands.run(0, "update", "golden", "watched");
    beginResolve("watched");
    assertThat(commands.run(0, "show", "watched"))
        .containsPattern("Prepare +\\d+ ms +isolation VM")
        .containsPattern("Resolve +0 %");
    assertThat(commands.run(0, "cancel", "watched"))
        .isEqualTo("Cancelled watched, which is FAILED now.\n");
    assertThat(commands.run(0, "show", "watched")).contains("FAILED").doesNotContain("Resolve");
    assertThat(commands.run(1, "cancel", "golden"))
        .contains("The image golden is AVAILABLE: it has no update or import to cancel.");
    assertThat(commands.run(1, "cancel", "nobody")).contains("ResourceNotFoundException");
  }

  @Test
  void waitingLivesThroughARestartOfTheServer() throws Exception {
    FutureTask<String> waiting =
        new FutureTask<>(() -> commands.run(1, "update", "golden", "patient", "--wait"));
    Thread.ofVirtual().start(waiting);
    awaitImage("patient");
    server.restart(Duration.ofMillis(1500));
    commands.run(0, "cancel", "patient");
    assertThat(waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .contains("The server does not respond; waiting for it.")
        .contains("The image patient FAILED. The update was cancelled");
  }

  @Test
  void whoInterruptsWaitingIsToldThatTheWorkGoesOn() throws Exception {
    Process process =
        processOf("update", "golden", "interrupted", "--wait").redirectErrorStream(true).start();
    awaitImage("interrupted");
    beginResolve("interrupted");
    try (BufferedReader said = process.inputReader()) {
      assertThat(said.readLine()).as("it waits").startsWith("Prepare");
      interrupt(process);
      assertThat(said.lines())
          .contains("interrupted is still being created. Watch it with: ./regild show interrupted")
          .contains("Cancel it with: ./regild cancel interrupted");
    }
    commands.run(0, "cancel", "interrupted");
  }

  private Process start(String... command) throws IOException {
    return processOf(command).start();
  }

  private ProcessBuilder processOf(String... command) {
    List<String> all = new ArrayList<>();
    // A shell's background job ignores SIGINT, and so would all that is started by it.
    all.addAll(List.of("env", "--default-signal=INT"));
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    all.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    all.addAll(List.of(System.getProperty("java.class.path"), "dev.regild.cli.Regild"));
    all.addAll(List.of(command));
    all.addAll(commands.connection());
    return new ProcessBuilder(all);
  }

  private static void interrupt(Process process) throws Exception {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static void beginResolve(String image) {
    server.database.useTransaction(handle -> {
      String id = Images.require(handle, server.owner("us-east-1"), image).id();
      int attempt = server.updates.beginAttempt(handle, id);
      server.steps.begin(handle, id, attempt, 1, "Prepare");
      server.steps.done(handle, id, attempt, 1, "isolation VM");
      server.steps.begin(handle, id, attempt, 2, "Resolve");
    });
  }

  private static void awaitImage(String name) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (server
        .database
        .read(handle -> Images.find(handle, server.owner("us-east-1"), name))
        .isEmpty()) {
      assertThat(System.nanoTime()).as(name).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  private static JsonNode json(String... command) {
    return JsonMapper.shared().readTree(commands.run(0, command));
  }
}
