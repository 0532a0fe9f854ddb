package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.TLS;
import static dev.regild.server.config.ConfigKeys.TLS_ACME;
import static dev.regild.server.config.ConfigKeys.TLS_ACME_CA_CERT;
import static dev.regild.server.config.ConfigKeys.TLS_ACME_CONTACT;
import static dev.regild.server.config.ConfigKeys.TLS_ACME_EAB_ID;
import static dev.regild.server.config.ConfigKeys.TLS_ACME_EAB_KEY;
import static dev.regild.server.config.ConfigKeys.TLS_ACME_NAMES;
import static dev.regild.server.config.ConfigKeys.TLS_CERTIFICATE;
import static dev.regild.server.config.ConfigKeys.TLS_CLIENT_CA;
import static dev.regild.server.config.ConfigKeys.TLS_KEY;
import static dev.regild.server.config.ConfigKeys.wrong;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the keys of TLS. */
final class TlsKeys {
  private static final Pattern NAME =
      Pattern.compile("(?!-)[a-z0-9-]{1,63}(\\.(?!-)[a-z0-9-]{1,63}){0,20}");

  private final Map<String, String> values;

  TlsKeys(Map<String, String> values) {
    this.values = values;
  }

  Config.Tls settings() throws ConfigException {
    Config.Tls tls =
        new Config.Tls(mode(), file(TLS_CERTIFICATE), file(TLS_KEY), file(TLS_CLIENT_CA), acme());
    if (tls.certificate().isPresent() != tls.key().isPresent()) {
      throw new ConfigException(
          "%s is set, but %s is not; set both or none"
              .formatted(
                  tls.key().isPresent() ? TLS_KEY : TLS_CERTIFICATE,
                  tls.key().isPresent() ? TLS_CERTIFICATE : TLS_KEY));
    }
    if (tls.mode() == Config.TlsMode.OFF
        && (tls.certificate().isPresent()
            || tls.clientAuthority().isPresent()
            || tls.acme().isPresent())) {
      throw new ConfigException(
          "tls is off, but %s is set; remove one of them"
              .formatted(
                  tls.certificate().isPresent()
                      ? TLS_CERTIFICATE
                      : tls.acme().isPresent() ? TLS_ACME : TLS_CLIENT_CA));
    }
    if (tls.acme().isPresent() && tls.certificate().isPresent()) {
      throw new ConfigException("tls.acme and tls.certificate are both set; remove one of them");
    }
    if (tls.acme().isPresent() && tls.clientAuthority().isPresent()) {
      throw new ConfigException(
          "tls.acme and tls.client-ca are both set, but an ACME authority connects without a certificate; use tls.certificate with tls.client-ca");
    }
    return tls;
  }

  private Optional<Config.Acme> acme() throws ConfigException {
    String address = values.getOrDefault(TLS_ACME, "");
    if (address.isEmpty()) {
      return Optional.empty();
    }
    List<String> names =
        Arrays.stream(values.getOrDefault(TLS_ACME_NAMES, "").split(",", -1))
            .map(name -> name.strip().toLowerCase(Locale.ROOT))
            .filter(name -> !name.isEmpty())
            .distinct()
            .toList();
    if (names.isEmpty() || !names.stream().allMatch(name -> NAME.matcher(name).matches())) {
      throw wrong(
          TLS_ACME_NAMES,
          values.getOrDefault(TLS_ACME_NAMES, ""),
          "the server's host names, such as regild.example.com, separated by commas");
    }
    return Optional.of(
        new Config.Acme(
            directory(address),
            names,
            Optional.of(values.getOrDefault(TLS_ACME_CONTACT, "").strip())
                .filter(contact -> !contact.isEmpty()),
            file(TLS_ACME_CA_CERT),
            binding()));
  }

  private Optional<Config.ExternalAccount> binding() throws ConfigException {
    String id = values.getOrDefault(TLS_ACME_EAB_ID, "").strip();
    Optional<Path> key =
        ConfigKeys.file(
            values, TLS_ACME_EAB_KEY, "the path of the file with the key that the authority gave");
    if (id.isEmpty() == key.isPresent()) {
      throw new ConfigException(
          "%s is set, but %s is not; set both or none"
              .formatted(
                  id.isEmpty() ? TLS_ACME_EAB_KEY : TLS_ACME_EAB_ID,
                  id.isEmpty() ? TLS_ACME_EAB_ID : TLS_ACME_EAB_KEY));
    }
    return key.map(file -> new Config.ExternalAccount(id, file));
  }

  private static URI directory(String address) throws ConfigException {
    try {
      URI uri = URI.create(address);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // The same remedy as for another scheme.
    }
    throw wrong(
        TLS_ACME,
        address,
        "the address of an ACME directory, such as https://acme-v02.api.letsencrypt.org/directory");
  }

  private Config.TlsMode mode() throws ConfigException {
    String text = values.getOrDefault(TLS, "auto");
    return Arrays.stream(Config.TlsMode.values())
        .filter(mode -> mode.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() -> wrong(TLS, text, "auto, on or off"));
  }

  private Optional<Path> file(String key) throws ConfigException {
    return ConfigKeys.file(values, key, "the path of a PEM file");
  }
}
