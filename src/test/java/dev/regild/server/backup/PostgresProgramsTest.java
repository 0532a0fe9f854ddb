package dev.regild.server.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.PostgresAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PostgresProgramsTest {
  @Test
  void anIpv6AddressHasNoBracketsForThePrograms() {
    String[] hosts = {"[fd00::5]", "db.example.com"};
    assertThat(hosts)
        .extracting(host ->
            PostgresPrograms.host(
                PostgresAddress.parse("postgresql://regild@" + host + "/regild", Map.of())
                    .orElseThrow()))
        .containsExactly("fd00::5", "db.example.com");
  }
}
