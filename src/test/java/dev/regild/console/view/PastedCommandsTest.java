package dev.regild.console.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What people paste: a real shell and a real Python say what they make of it. */
class PastedCommandsTest {
  private static final String HOSTILE =
      "a'b\"c $(echo canary) `echo canary` ${HOME} \\ ;|&><*?~!#\n\t%s é € \u2028 </script>";

  private static final JsonMapper JSON = JsonMapper.shared();

  @Test
  void aShellTakesEveryValueForWhatItIs() throws Exception {
    List<String> words = words(commands(HOSTILE).aws());
    assertThat(words)
        .startsWith("appstream", "tag-resource", "--endpoint-url", "http://h:1", "--region", "r'r");
    assertThat(words.get(words.indexOf("--resource-arn") + 1)).isEqualTo(HOSTILE);
    JsonNode tags = JSON.readTree(words.get(words.indexOf("--tags") + 1));
    assertThat(tags.path(HOSTILE).asString("")).isEqualTo(HOSTILE);
  }

  /** The AWS command line reads a file for one of these, and takes the other for an option. */
  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/hostname", "fileb://x", "https://x", "--debug", "-x"})
  void whatTheAwsCommandLineWouldInterpretIsHandedOverAsJson(String text) throws Exception {
    List<String> words = words(commands(text).aws());
    assertThat(words).doesNotContain("--resource-arn", text);
    JsonNode request = JSON.readTree(words.get(words.indexOf("--cli-input-json") + 1));
    assertThat(request.path("ResourceArn").asString("")).isEqualTo(text);
    assertThat(request.path("Tags").path(text).asString("")).isEqualTo(text);
  }

  @Test
  void pythonTakesEveryValueForWhatItIs() throws Exception {
    String fake =
        """
        import json, sys, types
        class Client:
            def tag_resource(self, **given):
                sys.stdout.buffer.write(json.dumps(given).encode())
        sys.modules["boto3"] = types.SimpleNamespace(client=lambda *_, **__: Client())
        """;
    String said = Program.of("python3", "-c", fake + commands(HOSTILE).python()).run();
    JsonNode given = JSON.readTree(said);
    assertThat(given.path("ResourceArn").asString("")).isEqualTo(HOSTILE);
    assertThat(given.path("Tags").path(HOSTILE).asString("")).isEqualTo(HOSTILE);
  }

  private static Commands commands(String text) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("ResourceArn", text);
    request.put("Tags", Map.of(text, text));
    return Commands.of("TagResource", request, "http://h:1", "r'r", "");
  }

  private static List<String> words(String command) throws Exception {
    String said =
        Program.of(
                "sh", "-c", "aws() { for each; do printf '%s\\001' \"$each\"; done; }\n" + command)
            .run();
    return List.of(said.split("\u0001", -1));
  }
}
