package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a guest or a repository wrote does not steer the terminal of who looks at it. */
class PrintableTest {
  private static final String HOSTILE = "a\u001b[2Jb\u009bc\rd\u202ee";

  @Test
  void controlCharactersAreShownAsQuestionMarksAndLinesStay() {
    assertThat(Printable.text(HOSTILE)).isEqualTo("a?[2Jb?c?d?e");
    assertThat(Printable.text("first\n\tsecond \u00e4\u4e2d"))
        .isEqualTo("first\n\tsecond \u00e4\u4e2d");
  }

  @Test
  void aTablesCellsAreNeutral() {
    StringWriter printed = new StringWriter();
    Table table = new Table("NAME");
    table.row(HOSTILE);
    table.print(new PrintWriter(printed, true));
    assertThat(printed.toString()).isEqualTo("NAME%na?[2Jb?c?d?e%n".formatted());
  }

  @Test
  void aNameWithALineFeedMakesNoLineOfItsOwn() throws Exception {
    String name = "a\nCVEs fixed: 9";
    StringWriter printed = new StringWriter();
    Table table = new Table("NAME");
    table.row(name);
    table.print(new PrintWriter(printed, true));
    String cves =
        """
        {"fixed": 1, "kernel": 0, "sources": [
          {"source": "%1$s", "to": "%1$s", "unknown": "%1$s",
            "fixedCves": [{"cve": "CVE-2026-1111"}],
            "mentionedCves": [{"cve": "CVE-2026-1112", "evidence": "%1$s"}]}]}
        """
            .formatted(name.replace("\n", "\\n"));
    PlanTable.cves(JsonMapper.shared().readTree(cves), new PrintWriter(printed, true));
    assertThat(printed.toString().lines().filter(line -> line.startsWith("CVEs fixed")))
        .containsExactly("CVEs fixed: 1, and 0 in the kernel");
  }

  @Test
  void whatAServerAnswersIsNeutralInTextsAndNames() throws Exception {
    String answer =
        """
        {"name":"%1$s","state":"AVAILABLE","tags":{"%1$s":"%1$s"},
         "qualification":{"kernel":"%1$s","systemState":"%1$s","warnings":["%1$s"]},
         "lineage":[{"name":"%1$s","present":true,"changes":[{"kind":"OS","name":"%1$s"}],
                     "keptBack":[{"name":"%1$s","reason":"%1$s"}],"warnings":["%1$s"]}]}
        """
            .formatted(JsonMapper.shared().writeValueAsString(HOSTILE).replaceAll("^\"|\"$", ""));
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean refuses = exchange.getRequestURI().getPath().endsWith("/refused");
          byte[] body =
              refuses
                  ? answer.replace("\"name\"", "\"Message\"").getBytes(StandardCharsets.UTF_8)
                  : bytes;
          exchange.sendResponseHeaders(refuses ? 400 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      ApiClient client =
          new ApiClient(
              URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
              "us-east-1",
              AwsCredentialsIdentity.create("id", "secret"),
              Optional.empty());
      JsonNode image = client.get("/image");
      StringWriter printed = new StringWriter();
      new PlanTable(image.path("lineage").path(0)).print(new PrintWriter(printed, true));
      for (String told : List.of(image.toPrettyString(), printed.toString())) {
        assertThat(told)
            .contains("a?[2Jb?c?d?e")
            .doesNotContain("\u001b", "\u009b", "\r", "\u202e", "u001b");
      }
      assertThatThrownBy(() -> client.get("/refused")).hasMessageContaining("a?[2Jb?c?d?e");
    } finally {
      server.stop(0);
    }
  }
}
