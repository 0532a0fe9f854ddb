package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PostgresAddressTest {
  @Test
  void anAddressIsReadWithAllItsParts() {
    assertThat(parse("postgresql://re%40gild:p%3Aw+d@db:6432/images?sslmode=verify-full"))
        .hasValue(
            new PostgresAddress(
                "db",
                6432,
                "images",
                Optional.of("re@gild"),
                Optional.of("p:w+d"),
                Map.of("sslmode", "verify-full")));
    assertThat(PostgresAddress.parse("postgres://regild@[::1]/r", Map.of("PGPASSWORD", "canary")))
        .hasValueSatisfying(address -> {
          assertThat(address.port()).isEqualTo(5432);
          assertThat(address.password()).hasValue("canary");
          assertThat(address.toString()).doesNotContain("canary");
        });
    for (String wrong :
        List.of(
            "db",
            "mysql://db/regild",
            "postgresql://db",
            "postgresql://db/",
            "postgresql:///regild",
            "postgresql://db/regild/more",
            "postgresql://db:70000/regild",
            "postgresql://db/regild?prepareThreshold=5",
            "postgresql://db/regild#x",
            "postgresql://a b@db/regild")) {
      assertThat(parse(wrong)).as(wrong).isEmpty();
    }
  }

  private static Optional<PostgresAddress> parse(String text) {
    return PostgresAddress.parse(text, Map.of());
  }
}
