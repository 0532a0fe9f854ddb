package dev.regild.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.quota.Quota;
import dev.regild.server.config.Config.Auth;
import dev.regild.server.config.Config.Listen;
import dev.regild.server.config.Config.LogFormat;
import dev.regild.servicing.Isolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {
  @TempDir Path directory;

  @Test
  void defaultsNeedNothing() throws ConfigException {
    Config config = Config.read(Optional.empty(), Map.of(), Map.of());
    assertThat(config.listen()).isEqualTo(new Listen("127.0.0.1", 8790));
    assertThat(config.auth()).isEqualTo(Auth.SIGV4);
    assertThat(config.isolation()).isEqualTo(Isolation.VM);
    assertThat(config.workers()).isEqualTo(1);
    assertThat(config.logFormat()).isEqualTo(LogFormat.AUTO);
    assertThat(config.http()).isEqualTo(Config.Http.DEFAULT);
    assertThat(config.conversions()).isEqualTo(2);
    assertThat(config.flattenDepth()).isEqualTo(20);
    assertThat(config.auditSize()).isEqualTo(new ByteSize(2L << 30));
  }

  @Test
  void flagsStandOverVariablesAndVariablesOverTheFile() throws Exception {
    Path file =
        file(
            """
            listen: "[::1]:1234"
            auth: off
            workers: 2
            isolation: namespace
            quotas:
              images: 5
              image-builders: 6
            appliance:
              start-limit: 12m
            qualification:
              time-limit: 90s
              memory: 2 GiB
            log:
              format: json
            """);
    Config config =
        Config.read(
            Optional.of(file),
            Map.of("REGILD_WORKERS", "3", "REGILD_QUOTAS_IMAGE_BUILDERS", "7", "REGILD_OTHER", "x"),
            Map.of("workers", "4", "data", "/tmp/x"));
    assertThat(config.listen()).isEqualTo(new Listen("::1", 1234));
    assertThat(config.auth()).isEqualTo(Auth.OFF);
    assertThat(config.workers()).isEqualTo(4);
    assertThat(config.data()).isEqualTo(Path.of("/tmp/x"));
    assertThat(config.isolation()).isEqualTo(Isolation.NAMESPACE);
    assertThat(config.quotas().of(Quota.IMAGES)).isEqualTo(5);
    assertThat(config.quotas().of(Quota.IMAGE_BUILDERS)).isEqualTo(7);
    assertThat(config.applianceStartLimit()).isEqualTo(Duration.ofMinutes(12));
    assertThat(config.qualification().timeLimit()).isEqualTo(Duration.ofSeconds(90));
    assertThat(config.qualification().memory().mebibytes()).isEqualTo(2048);
    assertThat(config.logFormat()).isEqualTo(LogFormat.JSON);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen|8790|listen is '8790', but must be an address and a port",
        "listen|a:70000|listen is 'a:70000', but must be an address and a port",
        "auth|maybe|auth is 'maybe', but must be sigv4 or off",
        "isolation|none|isolation is 'none', but must be vm or namespace",
        "workers|0|workers is '0', but must be a whole number from 1 to 64",
        "quotas.images|many|quotas.images is 'many', but must be a whole number",
        "qualification.memory|1KiB|qualification.memory is '1KiB', but must be a size",
        "appliance.start-limit|29s|appliance.start-limit is '29s', but must be a duration",
        "qualification.time-limit|1|qualification.time-limit is '1', but must be a duration",
        "http.connections|8|http.connections is '8', but must be a whole number from 16 to 65536",
        "http.connections-per-address|0|http.connections-per-address is '0', but must be a whole",
        "http.head-time-limit|1ms|http.head-time-limit is '1ms', but must be a duration",
        "http.idle-time-limit|2h|http.idle-time-limit is '2h', but must be a duration",
        "http.body-time-limit|0s|http.body-time-limit is '0s', but must be a duration",
        "http.least-rate|0|http.least-rate is '0', but must be a size per second from 1B to 1GiB",
        "flatten.depth|501|flatten.depth is '501', but must be a whole number from 0 to 500",
        "conversions|0|conversions is '0', but must be a whole number from 1 to 64",
        "audit.size|1KiB|audit.size is '1KiB', but must be a size from 1MiB to 1TiB",
        "quotas.downloads|-1|quotas.downloads is '-1', but must be a whole number",
        "quotas.event-streams|x|quotas.event-streams is 'x', but must be a whole number",
        "region|US|region is 'US', but must be the name of a region"
      })
  void aWrongValueIsRefusedByKeyWithTheRemedy(String key, String value, String message) {
    assertThatThrownBy(() -> Config.read(Optional.empty(), Map.of(), Map.of(key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void anExternalAccountHasAnIdAndAKey() throws Exception {
    Map<String, String> acme =
        Map.of(
            "tls.acme",
            "https://ca.example.com/dir",
            "tls.acme-names",
            "regild.example.com",
            "tls.acme-eab-id",
            "customer-7");
    assertThatThrownBy(() -> Config.read(Optional.empty(), Map.of(), acme))
        .isInstanceOf(ConfigException.class)
        .hasMessage("tls.acme-eab-id is set, but tls.acme-eab-key is not; set both or none");
    assertThat(
            Config.read(
                    Optional.empty(), Map.of("REGILD_TLS_ACME_EAB_KEY", "/etc/regild/eab"), acme)
                .tls()
                .acme()
                .orElseThrow()
                .binding())
        .contains(new Config.ExternalAccount("customer-7", Path.of("/etc/regild/eab")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "worker: 1|unknown key worker in",
        "quotas: {image: 1}|unknown key quotas.image in",
        "workers: [1]|workers must be a single value, not a list",
        "workers: {|not valid YAML: line"
      })
  void aFileThatIsNotUnderstoodIsRefused(String yaml, String message) throws IOException {
    Path file = file(yaml);
    assertThatThrownBy(() -> Config.read(Optional.of(file), Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anEmptyFileIsNoMistakeAndAMissingOneIs() throws Exception {
    assertThat(Config.read(Optional.of(file("# nothing\n")), Map.of(), Map.of()).workers())
        .isEqualTo(1);
    assertThatThrownBy(
            () -> Config.read(Optional.of(directory.resolve("no.yaml")), Map.of(), Map.of()))
        .hasMessageContaining("no such configuration file");
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(directory.resolve("regild.yaml"), yaml);
  }
}
