package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.TLS;
import static dev.regild.server.config.ConfigKeys.TLS_CERTIFICATE;
import static dev.regild.server.config.ConfigKeys.TLS_CLIENT_CA;
import static dev.regild.server.config.ConfigKeys.TLS_KEY;
import static dev.regild.server.config.ConfigKeys.wrong;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the keys of TLS. */
final class TlsKeys {
  private final Map<String, String> values;

  TlsKeys(Map<String, String> values) {
    this.values = values;
  }

  Config.Tls settings() throws ConfigException {
    Config.Tls tls =
        new Config.Tls(mode(), file(TLS_CERTIFICATE), file(TLS_KEY), file(TLS_CLIENT_CA));
    if (tls.certificate().isPresent() != tls.key().isPresent()) {
      throw new ConfigException(
          "%s is set, but %s is not; set both or none"
              .formatted(
                  tls.key().isPresent() ? TLS_KEY : TLS_CERTIFICATE,
                  tls.key().isPresent() ? TLS_CERTIFICATE : TLS_KEY));
    }
    if (tls.mode() == Config.TlsMode.OFF
        && (tls.certificate().isPresent() || tls.clientAuthority().isPresent())) {
      throw new ConfigException(
          "tls is off, but %s is set; remove one of them"
              .formatted(tls.certificate().isPresent() ? TLS_CERTIFICATE : TLS_CLIENT_CA));
    }
    return tls;
  }

  private Config.TlsMode mode() throws ConfigException {
    String text = values.getOrDefault(TLS, "auto");
    return Arrays.stream(Config.TlsMode.values())
        .filter(mode -> mode.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() -> wrong(TLS, text, "auto, on or off"));
  }

  private Optional<Path> file(String key) throws ConfigException {
    String text = values.getOrDefault(key, "");
    try {
      return text.isBlank()
          ? Optional.empty()
          : Optional.of(Path.of(text).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      throw wrong(key, text, "the path of a PEM file");
    }
  }
}
