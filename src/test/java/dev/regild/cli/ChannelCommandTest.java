package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    assertThat(lines.get(1)).matches("debian-12 +\\? +\\? +- +never +\\S+: source: is no key.*");
    assertThat(lines.get(2)).matches("rocky-8 +ROCKY_LINUX8 +all +- +never +- *");
    assertThat(lines).hasSize(3);
  }

  /** What the command says, on whatever stream. */
  private String run(int status, String subcommand) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, "channel", subcommand, "--data", data.toString()))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }
}
