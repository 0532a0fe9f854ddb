package dev.regild.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.store.StoreLimits;
import dev.regild.store.StoreLocation;
import dev.regild.store.StoreSettings;
import dev.regild.store.StoreSettings.Encryption;
import dev.regild.store.StoreSettings.Upkeep;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoreKeysTest {
  @TempDir Path directory;

  @Test
  void layersAreInTheDataDirectoryUnlessAStoreIsNamed() throws Exception {
    Config config = Config.read(Optional.empty(), Map.of(), Map.of());
    assertThat(config.store()).isEmpty();
    assertThat(config.cache()).isEqualTo(new ByteSize(100L << 30));
  }

  @Test
  void aBucketIsEnough() throws Exception {
    assertThat(store(Map.of("store", "s3://images")))
        .isEqualTo(
            new StoreSettings(
                new StoreLocation("images", ""),
                Optional.empty(),
                "us-east-1",
                false,
                Optional.empty(),
                Upkeep.DEFAULT,
                StoreLimits.DEFAULT));
  }

  @Test
  void everyKeyCanStandInTheFile() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("regild.yaml"),
            """
            store: s3://images/team/regild
            store.endpoint: http://s3.example.com:9000
            store.region: eu-central-1
            store.path-style: false
            store.sse: aws:kms:arn:aws:kms:eu-central-1:123456789012:key/1
            store.grace: 36h
            store.scrub: 7d
            store.patience: 10m
            store.silence: 5s
            store.least-rate: 1MiB
            node:
              cache: 20GiB
            """);
    Config config = Config.read(Optional.of(file), Map.of(), Map.of());
    assertThat(config.cache()).isEqualTo(new ByteSize(20L << 30));
    assertThat(config.store())
        .contains(
            new StoreSettings(
                new StoreLocation("images", "team/regild"),
                Optional.of(URI.create("http://s3.example.com:9000")),
                "eu-central-1",
                false,
                Optional.of(
                    new Encryption(
                        "aws:kms", Optional.of("arn:aws:kms:eu-central-1:123456789012:key/1"))),
                new Upkeep(Duration.ofHours(36), Duration.ofDays(7)),
                new StoreLimits(Duration.ofMinutes(10), Duration.ofSeconds(5), 1 << 20)));
  }

  /** AWS wants the bucket in the host's name, and few others can have it there. */
  @Test
  void anEndpointOfItsOwnHasTheBucketInThePath() throws Exception {
    assertThat(
            store(Map.of("store", "s3://images", "store.endpoint", "https://s3.example.com"))
                .pathStyle())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "store | images/regild | store is 'images/regild', but must be a bucket and a prefix",
        "store | s3://Images | store is 's3://Images', but must be a bucket and a prefix",
        "store | s3://AKIA:canary/of+a/key@images | store is 's3://…@images', but must be",
        "store | s3://images/../other | store is 's3://images/../other', but must be",
        "store.endpoint | s3.example.com:9000 | store.endpoint must be an address such as https://",
        "store.endpoint | https://key:secret@s3.example.com | store.endpoint must be an address such as",
        "store.region | Frankfurt! | store.region is 'Frankfurt!', but must be the name of a region",
        "store.path-style | yes | store.path-style is 'yes', but must be true or false",
        "store.sse | rot13 | store.sse is 'rot13', but must be none, AES256, aws:kms or aws:kms:KEY",
        "store.patience | 2h | store.patience is '2h', but must be a duration such as",
        "store.silence | 0s | store.silence is '0s', but must be a duration such as",
        "store.grace | 5m | store.grace is '5m', but must be a duration such as",
        "store.scrub | never | store.scrub is 'never', but must be a duration such as",
        "store.least-rate | 0 | store.least-rate is '0', but must be a size per second",
        "node.cache | 1MiB | node.cache is '1MiB', but must be a size from 1GiB",
        "node.name | rack 7 | node.name is 'rack 7', but must be at most 50 letters, digits",
        "database | postgresql://regild:secret@db | database must be an address such as postgresql://",
        "database | mysql://db/regild | database must be an address such as postgresql://",
        "jobs.accelerator | xen | jobs.accelerator is 'xen', but must be",
      })
  void aWrongValueIsRefusedByKeyWithTheRemedy(String key, String value, String message) {
    Map<String, String> values = new HashMap<>(Map.of("store", "s3://images/regild"));
    values.put(key, value);
    assertThatThrownBy(() -> Config.read(Optional.empty(), Map.of(), values))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aKeyOfAStoreThatIsNotNamedIsAMistake() {
    assertThatThrownBy(() ->
            Config.read(Optional.empty(), Map.of(), Map.of("store.endpoint", "http://s3:9000")))
        .hasMessage(
            "store.endpoint is set, but store is not. Set store to s3://BUCKET/PREFIX, or remove"
                + " store.endpoint.");
    assertThatThrownBy(
            () -> Config.read(Optional.empty(), Map.of(), Map.of("node.work", "/srv/fast")))
        .hasMessageStartingWith("node.work is set, but store is not");
  }

  private static StoreSettings store(Map<String, String> values) throws ConfigException {
    return Config.read(Optional.empty(), Map.of(), values).store().orElseThrow();
  }
}
