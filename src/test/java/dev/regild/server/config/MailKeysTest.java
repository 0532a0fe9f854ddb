package dev.regild.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.policy.notice.MailServer;
import dev.regild.policy.notice.MailServer.Encryption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MailKeysTest {
  private static Optional<MailServer> mail(String... keysAndValues) throws ConfigException {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      flags.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return Config.read(Optional.empty(), Map.of(), flags).notices().mail();
  }

  @Test
  void withoutAServerNoMailIsSent() throws ConfigException {
    assertThat(mail()).isEmpty();
  }

  @Test
  void aServerIsEncryptedAndWritesToItsOwnDomainUnlessToldOtherwise() throws ConfigException {
    assertThat(mail("mail.server", "smtp.example.com:587", "mail.from", "regild@Example.com"))
        .contains(
            new MailServer(
                "smtp.example.com",
                587,
                Encryption.STARTTLS,
                "regild@Example.com",
                Optional.empty(),
                Optional.empty(),
                List.of("example.com")));
    assertThat(
            mail(
                "mail.server", "[2001:db8::1]:465",
                "mail.from", "regild@example.com",
                "mail.encryption", "tls",
                "mail.credentials", "/etc/regild/mail",
                "mail.ca-cert", "/etc/regild/ca.pem",
                "mail.domains", "Example.com, example.org"))
        .contains(
            new MailServer(
                "2001:db8::1",
                465,
                Encryption.TLS,
                "regild@example.com",
                Optional.of(Path.of("/etc/regild/mail")),
                Optional.of(Path.of("/etc/regild/ca.pem")),
                List.of("example.com", "example.org")));
  }

  @ParameterizedTest
  @CsvSource({
    "mail.server, smtp.example.com, a host and a port",
    "mail.server, smtp.example.com:70000, a host and a port",
    "mail.server, smtp://smtp.example.com:25, a host and a port",
    "mail.from, nobody, an address such as regild@example.com",
    "mail.from, regild.@example.com, an address such as regild@example.com",
    "mail.encryption, ssl, 'starttls, tls or none'",
    "mail.domains, exa mple.com, domains such as example.com",
  })
  void whatCanNotBeIsNamed(String key, String value, String remedy) {
    Map<String, String> flags =
        new HashMap<>(
            Map.of("mail.server", "smtp.example.com:587", "mail.from", "regild@example.com"));
    flags.put(key, value);
    assertThatThrownBy(() -> Config.read(Optional.empty(), Map.of(), flags))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("%s is '%s', but must be %s", key, value, remedy);
  }

  @Test
  void keysThatMakeNoSenseTogetherAreRefused() {
    assertThatThrownBy(() -> mail("mail.from", "regild@example.com"))
        .hasMessageContaining("mail.from is set, but mail.server is not.");
    assertThatThrownBy(() -> mail("mail.server", "smtp.example.com:587"))
        .hasMessageContaining("mail.from is not set, but mail.server is.");
    assertThatThrownBy(() ->
            mail(
                "mail.server", "smtp.example.com:25",
                "mail.from", "regild@example.com",
                "mail.encryption", "none",
                "mail.credentials", "/etc/regild/mail"))
        .hasMessageContaining("mail.encryption is none, but mail.credentials is set.");
  }
}
