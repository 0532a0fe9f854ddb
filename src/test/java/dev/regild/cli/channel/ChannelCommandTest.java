package dev.regild.cli.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code regild channel} on a data directory. */
class ChannelCommandTest {
  @TempDir Path data;

  @Test
  void aChannelWhoseFileIsWrongIsListedWithTheOthers() throws Exception {
    Path channels = Files.createDirectories(data.resolve("channels"));
    Files.writeString(
        channels.resolve("rocky-8.yaml"),
        "platform: ROCKY_LINUX8\nsources:\n  - kind: repomd\n    baseurl: file:///srv/rocky\n");
    Files.writeString(channels.resolve("debian-12.yaml"), "platform: DEBIAN_12\nsource: []\n");
    List<String> lines = run(0, "list").lines().toList();
    assertThat(lines.get(0)).startsWith("NAME");
    assertThat(lines.get(1))
        .matches("debian-12 +\\? +\\? +- +never +\\S+: source: is not a channel key.*");
    assertThat(lines.get(2)).matches("rocky-8 +ROCKY_LINUX8 +all +- +never +- *");
    assertThat(lines).hasSize(3);
    JsonNode json = JsonMapper.shared().readTree(run(0, "list", "--json"));
    assertThat(json.at("/0/error").asString()).contains("source: is not a channel key");
    assertThat(json.at("/0/platform").isMissingNode()).isTrue();
    assertThat(json.at("/1/platform").asString()).isEqualTo("ROCKY_LINUX8");
    assertThat(json.at("/1/checkedAt").isMissingNode()).isTrue();
  }

  @Test
  void aChannelThatDoesNotExistIsNamedInOneWayByEveryCommand() {
    for (String subcommand : List.of("show", "refresh", "remove", "list-updates")) {
      assertThat(run(1, subcommand, "none"))
          .as(subcommand)
          .contains("Channel none does not exist; 'regild channel list' shows the channels");
    }
  }

  @Test
  void anOptionOfAnotherPackageSystemIsRefused() throws Exception {
    Files.createDirectories(data.resolve("channels"));
    assertThat(run(1, "add", "deb", "--platform", "DEBIAN_12", "--arch", "arm64"))
        .contains("--arch can't be used for DEBIAN_12; its options are --ca-cert, --from-host");
    assertThat(run(1, "add", "win", "--platform", "WINDOWS", "--repo", "https://x.example/"))
        .contains("--repo can't be used for WINDOWS; its options are --arch, --ca-cert");
    assertThat(run(2, "add", "win", "--platform", "WINDOWS", "--arch", "x86", "--arch", "arm64"))
        .contains("should be specified only once");
    assertThat(run(0, "list").lines()).hasSize(1);
  }

  @Test
  void theOptionsOfAPackageSystemMakeItsSources() throws Exception {
    Files.createDirectories(data.resolve("channels"));
    run(0, "add", "win", "--platform", "WINDOWS", "--arch", "arm64", "--no-refresh");
    run(
        0,
        "add",
        "alma-9",
        "--platform",
        "ALMA_LINUX9",
        "--repo",
        "https://mirror.example/baseos",
        "--repo",
        "https://mirror.example/appstream",
        "--proxy",
        "none",
        "--no-refresh");
    assertThat(run(0, "show", "win")).contains("catalogue for arm64");
    assertThat(run(0, "show", "alma-9"))
        .contains("baseurl https://mirror.example/baseos")
        .contains("baseurl https://mirror.example/appstream");
    assertThat(Files.readString(data.resolve("channels/alma-9.yaml"))).contains("proxy: \"none\"");
  }

  @Test
  void oneOptionMakesAChannelFollowMicrosoft() throws Exception {
    Files.createDirectories(data.resolve("channels"));
    assertThat(
            run(
                1,
                "add",
                "win2022",
                "--platform",
                "WINDOWS_SERVER_2022",
                "--from-microsoft",
                "--wsus",
                "https://wsus.example:8531"))
        .contains("--from-microsoft and --wsus exclude each other");
    run(
        0,
        "add",
        "win2022",
        "--platform",
        "WINDOWS_SERVER_2022",
        "--from-microsoft",
        "--no-refresh");

    assertThat(run(0, "show", "win2022"))
        .containsPattern(
            "source +Microsoft, https://sws.update.microsoft.com; amd64; Microsoft Server operating"
                + " system-21H2\\n")
        .containsPattern("refreshed every +1d");
    assertThat(Files.readString(data.resolve("channels/win2022.yaml")))
        .contains("kind: \"wsus\"", "url: \"https://sws.update.microsoft.com\"")
        .contains("Microsoft Server operating system-21H2", "Security Updates", "Update Rollups")
        .doesNotContain("driver-products", "insecure-http", "fetch-ahead");
  }

  /** What the command says, on whatever stream. */
  private String run(int status, String... subcommand) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    List<String> command = new ArrayList<>(List.of("channel"));
    command.addAll(List.of(subcommand));
    command.addAll(List.of("--data", data.toString()));
    assertThat(Regild.run(out, out, command.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }
}
