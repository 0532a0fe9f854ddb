package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The console in Debian's Chromium, driven by playwright-core. */
class ConsoleBrowserIT {
  @RegisterExtension static final RunningServer RUNNING = new RunningServer();

  private static final Map<String, String> PAGES =
      new LinkedHashMap<>(
          Map.of(
              "images", "/console/",
              "image", "/console/images/office-2026-10",
              "failed", "/console/images/office-2026-09",
              "update", "/console/images/office-2026-10/update",
              "import", "/console/import",
              "compare", "/console/compare?first=office-2026-06&second=office-2026-10",
              "channels", "/console/channels",
              "jobs", "/console/jobs",
              "activity", "/console/activity",
              "settings", "/console/settings"));

  private static NodeModules modules;

  private ServerFixture server;

  @TempDir Path directory;

  @BeforeAll
  static void installModules() throws Exception {
    PAGES.put("job", "/console/images/office-2026-11");
    PAGES.put("delete", "/console/images/kiosk/delete");
    PAGES.put("packages", "/console/images/office-2026-10/packages");
    PAGES.put("vulnerabilities", "/console/images/office-2026-10/vulnerabilities");
    PAGES.put("disk", "/console/import?disk=" + ServerFixture.DISK);
    PAGES.put("missing", "/console/images/none");
    PAGES.put("outcome", "/console/images/office-2026-10/changes");
    PAGES.put("snapshots", "/console/compare?first=kiosk&snapshot=now");
    PAGES.put("channel", "/console/channels/debian-12");
    PAGES.put("catalogue", "/console/channels/windows-2022");
    PAGES.put("newchannel", "/console/new-channel?platform=DEBIAN_12");
    PAGES.put("view", "/console/?sort=&q=office");
    PAGES.put("doctor", "/console/doctor");
    modules = NodeModules.install();
  }

  @Test
  void everyPageIsAccessibleAndLoadsNothingThatItsPolicyForbids(ServerFixture server)
      throws Exception {
    this.server = server;
    Optional<String> pictures = Optional.ofNullable(System.getenv("REGILD_PICTURES"));
    ConsoleScene scene =
        pictures.isPresent()
            ? new ConsoleScene(server, "libc-bin (2.36-9+deb12u10)")
            : new ConsoleScene(server);
    scene.build();
    scene.channels(directory, "3.0.17-1~deb12u2");
    scene.more(directory);
    PAGES.put("brought", scene.snapshotPage());
    assertThat(run("console-pages.mjs", pictures.stream().toList()).strip()).isEqualTo("[]");
  }

  @Test
  void peopleGetAlongByKeyboardInTabsAndWithoutScripts(ServerFixture server) throws Exception {
    this.server = server;
    ConsoleScene scene = new ConsoleScene(server);
    scene.build();
    scene.channels(directory, "3.0.17-1~deb12u2");
    assertThat(run("console-use.mjs", List.of()).strip()).isEqualTo("done");
  }

  private String run(String script, List<String> more) throws Exception {
    Path disk =
        server.disks.path(server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow());
    Path named = Files.copy(disk, server.data.resolve("disk.qcow2"));
    Map<String, Object> scene =
        Map.of(
            "url",
            server.uri("").toString(),
            "key",
            server.key.id(),
            "secret",
            server.key.secret(),
            "disk",
            named.toString(),
            "pages",
            PAGES);
    List<String> command = new ArrayList<>();
    command.add("node");
    command.add(modules.with(Path.of("src/test/javascript", script)).toString());
    command.add(JsonMapper.shared().writeValueAsString(scene));
    command.addAll(more);
    return new Program(command, Duration.ofMinutes(9), System.getenv()).run();
  }
}
