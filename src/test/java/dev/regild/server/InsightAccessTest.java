package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.fixtures.EachDatabase;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whoever may not see an image learns nothing of what is in it. */
@ExtendWith(RunningServer.class)
@EachDatabase
class InsightAccessTest {
  private static ServerFixture server;
  private static AccessKey stranger;
  private static AccessKey unknown;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    server.golden("us-east-1", "golden");
    stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    unknown = AccessKey.generate(server.account, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/sbom",
        "/sbom?format=spdx",
        "/vex",
        "/vulnerabilities",
        "/vulnerabilities/vendor",
        "/diff?with=golden",
        "/diff?snapshot=",
        "/provenance",
        "/layers",
        "/screen"
      })
  void anImageIsShownToItsAccountAlone(String part) throws Exception {
    String path = "/regild/v1/images/golden" + part;
    HttpResponse<byte[]> own = server.send(server.key, "GET", path);
    HttpResponse<byte[]> readOnly = server.send(server.readOnlyKey, "GET", path);
    assertThat(readOnly.statusCode()).as("a key that may only read").isEqualTo(own.statusCode());
    assertThat(readOnly.body()).isEqualTo(own.body());

    HttpResponse<byte[]> foreign = server.send(stranger, "GET", path);
    HttpResponse<byte[]> none =
        server.send(stranger, "GET", path.replaceFirst("images/golden", "images/none"));
    assertThat(foreign.statusCode()).isEqualTo(404);
    assertThat(new String(foreign.body(), UTF_8))
        .as("as if it did not exist")
        .isEqualTo(new String(none.body(), UTF_8).replace("none", "golden"));
    assertThat(server.send(unknown, "GET", path).statusCode()).isEqualTo(403);
  }

  @Test
  void nothingOfAnotherAccountIsFoundOrCompared() throws Exception {
    for (String question : new String[] {"package=openssl", "cve=CVE-2026-1", "advisory=X-1"}) {
      String path = "/regild/v1/search?" + question;
      JsonNode found = JsonMapper.shared().readTree(server.send(stranger, "GET", path).body());
      assertThat(found.path("images").isEmpty()).as(question).isTrue();
      assertThat(found.toString()).doesNotContain("golden").doesNotContain("DEBIAN_12");
      assertThat(server.send(unknown, "GET", path).statusCode()).isEqualTo(403);
    }
    assertThat(server.send(server.key, "GET", "/regild/v1/search?package=openssl").body())
        .asString(UTF_8)
        .contains("golden");
    assertThat(
            server
                .send(stranger, "GET", "/regild/v1/exported/" + "0".repeat(64) + "/sbom")
                .statusCode())
        .isEqualTo(404);
    assertThat(server.send(stranger, "GET", "/regild/v1/status").body())
        .asString(UTF_8)
        .doesNotContain("golden");
  }
}
