package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestChannel;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Inventories;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.node.Turns;
import dev.regild.plan.InstalledPackage;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Judging;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How a fleet stands, as the endpoint and the commands show it. */
@ExtendWith(RunningServer.class)
@EachDatabase
class StatusTest {
  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void judge(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    ChannelStore channels =
        TestChannel.offering(server.data, "DEBIAN_12", "openssl", "3.0.17-1~deb12u2");
    server.golden("us-east-1", "old", inventory("DEBIAN_12", "3.0.11-1"));
    server.golden("us-east-1", "older", inventory("DEBIAN_12", "3.0.9-1"));
    server.golden("us-east-1", "current", inventory("DEBIAN_12", "3.0.17-1~deb12u2"));
    server.golden("us-east-1", "elsewhere", inventory("DEBIAN_11", "3.0.9-1"));
    Inventories inventories = new Inventories(server.database);
    UpdatePlans plans = new UpdatePlans(channels, inventories);
    Clock clock = Clock.systemUTC();
    PlannedFixes fixes =
        new PlannedFixes(
            server.database,
            inventories,
            plans,
            new SnapshotChangelogs(new Changelogs(server.database, clock)));
    Judging judging =
        new Judging(
            server.database,
            inventories,
            plans,
            fixes,
            new FeedStore(server.database, server.data, clock),
            new SupportFiles(server.data, server.data),
            Turns.ALONE,
            clock);
    assertThat(judging.look()).isEqualTo(4);
    server.golden("us-east-1", "new", inventory("DEBIAN_12", "1"));
  }

  private static Inventory inventory(String platform, String version) {
    return new Inventory(
        new OperatingSystem(platform, "Debian GNU/Linux", "12.5"),
        "amd64",
        List.of(new InstalledPackage("openssl", "amd64", version, false)));
  }

  private static JsonNode get(String path) throws Exception {
    HttpResponse<byte[]> response = server.send(server.key, "GET", path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return JsonMapper.shared().readTree(response.body());
  }

  private static List<String> names(JsonNode page) {
    return page.path("images").valueStream().map(it -> it.path("image").asString()).toList();
  }

  @Test
  void theFirstPageHasTheSumAndEachImageWhatIsKnownOfIt() throws Exception {
    JsonNode page = get("/regild/v1/status");
    assertThat(names(page)).containsExactly("current", "elsewhere", "new", "old", "older");
    assertThat(page.path("summary").path("outdated").asInt()).isEqualTo(2);
    JsonNode old = page.path("images").path(3);
    assertThat(old.path("status").asString()).isEqualTo("OUTDATED");
    assertThat(old.path("outOfDateSince").asString()).startsWith("20");
    assertThat(old.path("changes").asInt()).isEqualTo(1);
    assertThat(old.path("cves").path("unknownPackages").asInt()).isEqualTo(1);
    assertThat(old.path("cves").has("open")).as("there is no feed").isFalse();
    JsonNode elsewhere = page.path("images").path(1);
    assertThat(elsewhere.path("status").asString()).isEqualTo("UNKNOWN");
    assertThat(elsewhere.path("reason").asString()).contains("No channel for DEBIAN_11");
    assertThat(elsewhere.has("changes")).isFalse();
    assertThat(page.path("images").path(2).path("status").asString()).isEqualTo("NOT_JUDGED");
  }

  @Test
  void pagesFollowEachOther() throws Exception {
    List<String> all = new ArrayList<>();
    String after = "";
    int pages = 0;
    do {
      JsonNode page = get("/regild/v1/status?limit=2&sort=changes" + after);
      all.addAll(names(page));
      after = page.has("next") ? "&after=" + page.path("next").asString() : "";
      pages++;
    } while (!after.isEmpty());
    assertThat(pages).isEqualTo(3);
    assertThat(all).hasSize(5).doesNotHaveDuplicates().startsWith("old", "older");
    assertThat(names(get("/regild/v1/status?status=outdated&order=desc")))
        .containsExactly("older", "old");
    assertThat(names(get("/regild/v1/status?platform=DEBIAN_11"))).containsExactly("elsewhere");
  }

  @Test
  void aWrongParameterIsNamed() throws Exception {
    for (String wrong :
        List.of("sort=size", "status=fine", "limit=0", "limit=1001", "after=x", "order=up")) {
      HttpResponse<byte[]> response = server.send(server.key, "GET", "/regild/v1/status?" + wrong);
      assertThat(response.statusCode()).as(wrong).isEqualTo(400);
      assertThat(new String(response.body(), UTF_8))
          .contains("The query parameter " + wrong.replaceFirst("=.*", " is"));
    }
  }

  @Test
  void anotherAccountSeesNoneOfThem() throws Exception {
    var stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    HttpResponse<byte[]> response = server.send(stranger, "GET", "/regild/v1/status");
    assertThat(JsonMapper.shared().readTree(response.body()).path("images").isEmpty()).isTrue();
  }

  @Test
  void theCommandShowsTheSame() throws Exception {
    assertThat(commands.run(0, "status"))
        .containsPattern("old +DEBIAN_12 +outdated +20\\S+ +1 +0 or more +- +- +-")
        .containsPattern("current +DEBIAN_12 +current +- +0 +0 ")
        .contains("unknown: No channel for DEBIAN_11")
        .contains("5 images: 1 up to date, 2 out of date, 1 unknown, 1 not judged yet");
    assertThat(commands.run(0, "status", "--status", "outdated", "--limit", "1"))
        .contains("old ")
        .doesNotContain("older");
    assertThat(JsonMapper.shared().readTree(commands.run(0, "status", "--json")).size())
        .isEqualTo(5);
    assertThat(commands.run(0, "show", "old")).containsPattern("status +outdated since 20");
    assertThat(commands.run(1, "status", "--sort", "size")).contains("It must be one of name");
  }
}
