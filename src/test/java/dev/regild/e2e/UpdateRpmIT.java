package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.cli.Regild;
import dev.regild.fixtures.RockyImage;
import dev.regild.rpm.RpmSource;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Isolation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import tools.jackson.databind.JsonNode;

/**
 * The main job on a disk whose packages are rpm's: its real rpm and dnf bring it up to date from a
 * repository of createrepo_c, with either isolation.
 */
@EnabledIf("dev.regild.fixtures.RockyImage#isAvailable")
class UpdateRpmIT {
  private static final String BASE = "rocky";
  private static final String NOTES = "/var/lib/rpm/__db.001";
  private static final String ARCHITECTURE = RpmSource.hostArchitecture();

  @TempDir static Path shared;
  @TempDir Path directory;

  /** With the image; each test has a server of its own on it. */
  private static Path data = Path.of("");

  @BeforeAll
  static void importTheDisk() throws Exception {
    data = shared.resolve("data");
    RockyImage rocky = RockyImage.open();
    RpmSource source =
        new RpmSource(
            "file://" + rocky.repository(), ARCHITECTURE, rocky.key().toAbsolutePath().toString());
    try (LocalServer server =
            LocalServer.start(
                data,
                LocalServer.channel("ROCKY_LINUX8", List.of(source), RockyImage.AGENT),
                Isolation.NAMESPACE,
                Map.of());
        AppStreamClient client = server.client()) {
      Image base = server.importDisk(client, BASE, rocky.disk());
      assertThat(base.state()).as(base.toString()).isEqualTo(ImageState.AVAILABLE);
      assertThat(base.platformAsString()).isEqualTo("ROCKY_LINUX8");
      assertThat(base.appstreamAgentVersion()).isEqualTo("1.0.0-1.el8");
    }
  }

  @Test
  void anImageIsBroughtUpToDateByItsOwnDnf() throws Exception {
    try (LocalServer server = LocalServer.start(data, Isolation.NAMESPACE);
        AppStreamClient client = server.client()) {
      SignedHttp http = server.http();
      assertPlan(http.post("/regild/v1/plan", "{\"image\":\"rocky\"}"));
      assertThat(dryRun(server))
          .containsPattern("OS +openssl-libs .* RLSA-2026:0001 Important CVE-2026-0001");

      Image renewed = update(client, "renewed");

      assertSteps(http.get("/regild/v1/updates/renewed"));
      assertThat(server.unfinished()).isEmpty();
      assertThat(LocalServer.canUpdate(client, "renewed")).isFalse();
      Image base = client.describeImages(r -> r.names(BASE)).images().getFirst();
      GuestTree before;
      try (Guest guest = server.open(base.arn(), directory.resolve("base"))) {
        before = GuestTree.read(guest);
      }
      try (Guest guest = server.open(renewed.arn(), directory.resolve("renewed"))) {
        assertInstalled(guest);
        assertOwnersFiles(guest);
        assertNothingElse(before, GuestTree.read(guest));
      }
    }
  }

  @Test
  void anImageIsRenewedByItsOwnDnfWithoutTheHostEverMountingIt() throws Exception {
    try (LocalServer server = LocalServer.start(data, Isolation.VM);
        AppStreamClient client = server.client()) {
      Image renewed = update(client, "renewed-in-vm");

      JsonNode steps = server.http().get("/regild/v1/updates/renewed-in-vm").path("steps");
      assertThat(steps.valueStream().map(step -> step.path("status").asString()))
          .hasSize(8)
          .containsOnly("DONE");
      assertThat(steps.path(0).path("detail").asString()).contains("VM");
      assertThat(server.unfinished()).isEmpty();
      assertThat(LocalServer.canUpdate(client, "renewed-in-vm")).isFalse();
      try (Guest guest = server.open(renewed.arn(), directory.resolve("renewed"))) {
        assertThat(guest.run("rpm", "-q", "kernel-core", "--qf", "%{RELEASE}\\n").lines())
            .containsExactlyInAnyOrder("513.el8", "553.el8");
        assertThat(guest.exists("/.autorelabel")).as("SELINUX=enforcing").isTrue();
      }
    }
  }

  private static Image update(AppStreamClient client, String name) throws Exception {
    client.createUpdatedImage(r -> r.existingImageName(BASE).newImageName(name));
    Image renewed = LocalServer.await(client, name);
    assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(renewed.appstreamAgentVersion()).isEqualTo("2.0.0-1.el8");
    return renewed;
  }

  private static void assertPlan(JsonNode plan) {
    assertThat(plan.path("changes").valueStream())
        .extracting(
            change -> change.path("kind").asString(),
            change -> change.path("name").asString(),
            change -> change.path("architecture").asString(),
            change -> change.path("from").asString(),
            change -> change.path("to").asString(),
            change -> change.path("advisories").toString())
        .containsExactly(
            tuple(
                "OS",
                "openssl-libs",
                "noarch",
                "1:1.1.1k-9.el8",
                "1:1.1.1k-12.el8",
                "[{\"id\":\"RLSA-2026:0001\",\"type\":\"security\",\"severity\":\"Important\","
                    + "\"cves\":[\"CVE-2026-0001\"]}]"),
            tuple("OS", "runtime", "noarch", "5.10.0-1.module_el8", "5.10.1-1.module_el8", "[]"),
            tuple("DRIVER", "kernel-core", ARCHITECTURE, "4.18.0-513.el8", "4.18.0-553.el8", "[]"),
            tuple("AGENT", RockyImage.AGENT, "noarch", "1.0.0-1.el8", "2.0.0-1.el8", "[]"));
  }

  private static String dryRun(LocalServer server) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        Regild.run(
            out,
            out,
            "update",
            BASE,
            "renewed",
            "--dry-run",
            "--endpoint",
            server.endpoint().toString(),
            "--region",
            LocalServer.REGION,
            "--data",
            data.toString());
    out.flush();
    assertThat(status).as(said.toString()).isZero();
    return said.toString();
  }

  private static void assertSteps(JsonNode update) {
    assertThat(update.path("steps").valueStream())
        .hasSize(8)
        .allSatisfy(step -> assertThat(step.path("status").asString()).isEqualTo("DONE"));
    assertThat(update.path("steps").path(1).path("detail").asString())
        .isEqualTo(
            "3 upgraded, 2 new, 1 removed; +example-agent-codecs 2.0.0-1.el8;"
                + " +kernel-core 4.18.0-553.el8; -kernel-core 4.18.0-477.el8");
  }

  /** As rpm says: of the kernels as many as dnf.conf allows, and what is locked as it was. */
  private static void assertInstalled(Guest guest) throws Exception {
    assertThat(guest.run("rpm", "-qa", "--qf", "%{NEVRA}\\n").lines())
        .containsExactlyInAnyOrder(
            "rocky-release-8.10-1.9.el8.noarch",
            "rpm-4.14.3-31.el8." + ARCHITECTURE,
            "kernel-core-4.18.0-513.el8." + ARCHITECTURE,
            "kernel-core-4.18.0-553.el8." + ARCHITECTURE,
            "openssl-libs-1:1.1.1k-12.el8.noarch",
            "pinned-tool-0:1.0-1.el8.noarch",
            "runtime-0:5.10.1-1.module_el8.noarch",
            "example-agent-2.0.0-1.el8.noarch",
            "example-agent-codecs-0:2.0.0-1.el8.noarch");
    assertThat(text(guest, "/etc/default-kernel")).isEqualTo("4.18.0-553.el8\n");
    assertThat(text(guest, "/var/lib/example-agent"))
        .isEqualTo("1.0.0 installed, 1 now\n2.0.0 installed, 2 now\n");
    assertThat(guest.exists("/usr/share/doc/example-agent/NEWS")).as("tsflags=nodocs").isFalse();
    assertThat(guest.exists("/.autorelabel")).as("SELINUX=enforcing").isTrue();
    assertThat(guest.run("ls", "/boot/loader/entries").lines())
        .as("the image has no machine id, and its newest kernel an entry like the others")
        .containsExactly(
            RockyImage.MACHINE_ID + "-4.18.0-513.el8.conf",
            RockyImage.MACHINE_ID + "-4.18.0-553.el8.conf");
    assertThat(guest.exists(NOTES)).as("of a Berkeley DB's processes").isFalse();
  }

  private static void assertOwnersFiles(Guest guest) throws Exception {
    for (Map.Entry<String, String> file : RockyImage.OWNERS_FILES.entrySet()) {
      if (file.getKey().equals(NOTES)) {
        continue;
      }
      assertThat(text(guest, file.getKey())).as(file.getKey()).isEqualTo(file.getValue());
    }
    assertThat(text(guest, RockyImage.AGENT_CONFIGURATION + ".rpmnew")).isEqualTo("agent=2.0.0\n");
  }

  /** What the packages hold, what their scriptlets write, and the records of rpm and dnf. */
  private static void assertNothingElse(GuestTree before, GuestTree after) {
    SortedSet<String> changed = TreeDifferences.changed(before, after);
    assertThat(changed).noneMatch(path -> path.contains("regild"));
    changed.removeIf(path ->
        path.matches(
                "/usr/lib/rocky-kernels/.*|/usr/share/(openssl-libs|runtime|example-agent-codecs)(/.*)?")
            || path.matches("/usr/share/doc/example-agent(/NEWS)?|/usr/bin/example-agent")
            || path.matches("/var/lib/(rpm|dnf)(/.*)?")
            || path.matches("/boot/loader/entries(/.*)?"));
    assertThat(changed)
        .containsExactly(
            "/.autorelabel",
            "/etc/default-kernel",
            RockyImage.AGENT_CONFIGURATION + ".rpmnew",
            "/var/lib/example-agent");
  }

  private static String text(Guest guest, String path) throws Exception {
    return new String(guest.read(path), UTF_8);
  }
}
