package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.machine.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
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
              "update", "/console/images/office-2026-08/update",
              "import", "/console/import",
              "compare", "/console/compare?first=office-2026-06&second=office-2026-10",
              "channels", "/console/channels",
              "jobs", "/console/jobs",
              "activity", "/console/activity",
              "settings", "/console/settings"));

  private static NodeModules modules;

  private ServerFixture server;
  private String control = "";

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
    PAGES.put("removal", "/console/channels/windows-2022/remove");
    PAGES.put("unequal", "/console/images/office-2026-08/changes");
    PAGES.put("doctor", "/console/doctor");
    PAGES.put("policies", "/console/policies");
    PAGES.put("line", "/console/lines/office");
    PAGES.put("alias", "/console/lines/office/aliases/prod?image=office-2026-06");
    PAGES.put("schedules", "/console/schedules");
    PAGES.put("schedule", "/console/schedules/nightly");
    PAGES.put("forecast", "/console/schedules/nightly/forecast");
    PAGES.put("newschedule", "/console/new-schedule?line=office");
    PAGES.put("changeschedule", "/console/schedules/kiosks/change");
    PAGES.put("rings", "/console/rings");
    PAGES.put("ring", "/console/rings/debian-12/test");
    PAGES.put("ringlines", "/console/rings/debian-12/prod");
    PAGES.put("promotion", "/console/rings/debian-12/prod/promotion");
    PAGES.put("retention", "/console/retention?line=office");
    PAGES.put("retentionplan", "/console/retention/preview");
    PAGES.put("revocations", "/console/revocations");
    PAGES.put("revoke", "/console/revoke?image=office-2026-06&reason=stolen");
    PAGES.put("events", "/console/events");
    PAGES.put("notices", "/console/notices");
    PAGES.put("imagepolicies", "/console/images/thin-client-2/policies");
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
    scene.policies();
    PAGES.put("revocation", scene.revocationPage());
    PAGES.put("brought", scene.snapshotPage());
    PAGES.put("quotas", "/console/accounts/" + server.account.id() + "/quotas");
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

  @Test
  void peopleGetAlongWhileThingsGoWrong(ServerFixture server) throws Exception {
    this.server = server;
    new ConsoleScene(server).build();
    try (Control control = new Control(server)) {
      this.control = control.address();
      assertThat(run("console-trouble.mjs", List.of()).strip()).isEqualTo("done");
    }
  }

  /** What a script can have happen to the server, and pages of another site. */
  private static final class Control implements AutoCloseable {
    private final HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final ServerFixture server;
    private final Image running;

    Control(ServerFixture server) throws IOException {
      this.server = server;
      this.running =
          server.database.read(
              handle -> Images.require(handle, server.owner("us-east-1"), "office-2026-11"));
      http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      http.createContext("/", this::answer);
      http.start();
    }

    String address() {
      return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String said = String.valueOf(exchange.getRequestURI().getQuery());
      String page =
          switch (exchange.getRequestURI().getPath()) {
            case "/restart" -> restarted();
            case "/step" -> step(said);
            case "/end" -> ended();
            case "/frames" ->
                "<iframe src='%s'></iframe><object data='%s'></object><embed src='%s'>"
                    .formatted(said, said, said);
            case "/form" ->
                """
                <form method="post" action="%s"><input name="tags" value="a=b"></form>
                <script>document.forms[0].submit();</script>
                """
                    .formatted(said);
            default -> "";
          };
      byte[] bytes = page.getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/html");
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    }

    private String restarted() throws IOException {
      try {
        server.restart(Duration.ofSeconds(2));
        return "";
      } catch (Exception e) {
        throw new IOException(e);
      }
    }

    private String step(String text) {
      server.database.useTransaction(
          handle -> server.steps.progress(handle, running.id(), 1, 4, 0.6, text));
      return "";
    }

    private String ended() {
      server.fail(running);
      return "";
    }

    @Override
    public void close() {
      http.stop(0);
    }
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
            "control",
            control,
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
