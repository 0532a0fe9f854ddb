package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.file;
import static dev.regild.server.config.ConfigKeys.wrong;

import dev.regild.policy.notice.MailServer;
import dev.regild.policy.notice.MailServer.Encryption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the keys of the server that takes e-mail. */
final class MailKeys {
  static final String SERVER = "mail.server";
  static final String ENCRYPTION = "mail.encryption";
  static final String FROM = "mail.from";
  static final String CREDENTIALS = "mail.credentials";
  static final String CA_CERT = "mail.ca-cert";
  static final String DOMAINS = "mail.domains";

  static final List<String> ALL = List.of(SERVER, ENCRYPTION, FROM, CREDENTIALS, CA_CERT, DOMAINS);

  private static final Pattern ADDRESS =
      Pattern.compile("\\[([0-9a-fA-F:]+)]:(\\d{1,5})|([A-Za-z0-9.-]+):(\\d{1,5})");
  private static final Pattern DOMAIN =
      Pattern.compile("\\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");

  private final Map<String, String> values;

  private MailKeys(Map<String, String> values) {
    this.values = values;
  }

  /** Returns the server; empty without one, when none of the other keys may be set. */
  static Optional<MailServer> settings(Map<String, String> values) throws ConfigException {
    if (values.containsKey(SERVER)) {
      return Optional.of(new MailKeys(values).settings());
    }
    for (String key : new TreeSet<>(values.keySet())) {
      if (ALL.contains(key)) {
        throw new ConfigException(
            "%s is set, but mail.server is not. Set mail.server to HOST:PORT, or remove %s."
                .formatted(key, key));
      }
    }
    return Optional.empty();
  }

  private MailServer settings() throws ConfigException {
    String server = values.getOrDefault(SERVER, "");
    Matcher address = ADDRESS.matcher(server);
    if (!address.matches()) {
      throw wrong(SERVER, server, "a host and a port, such as smtp.example.com:587");
    }
    boolean isLiteral = address.group(1) != null;
    int port = Integer.parseInt(address.group(isLiteral ? 2 : 4));
    if (port < 1 || port > 65535) {
      throw wrong(SERVER, server, "a host and a port, such as smtp.example.com:587");
    }
    Encryption encryption = encryption();
    Optional<Path> credentials = file(values, CREDENTIALS, "the path of a file with USER:PASSWORD");
    if (encryption == Encryption.NONE && credentials.isPresent()) {
      throw new ConfigException(
          "mail.encryption is none, but mail.credentials is set. Use starttls or tls, so that nobody can read the password on its way.");
    }
    String from = from();
    return new MailServer(
        address.group(isLiteral ? 1 : 3),
        port,
        encryption,
        from,
        credentials,
        file(values, CA_CERT, "the path of a PEM file"),
        domains(from));
  }

  private Encryption encryption() throws ConfigException {
    String text = values.getOrDefault(ENCRYPTION, "starttls");
    return Arrays.stream(Encryption.values())
        .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() -> wrong(ENCRYPTION, text, "starttls, tls or none"));
  }

  private String from() throws ConfigException {
    String from = values.getOrDefault(FROM, "").strip();
    if (from.isEmpty()) {
      throw new ConfigException(
          "mail.from is not set, but mail.server is. Set it to the sender's address, such as regild@example.com.");
    }
    if (!MailServer.isAddress(from)) {
      throw wrong(FROM, from, "an address such as regild@example.com");
    }
    return from;
  }

  /** Without a list, nobody can have this server write to strangers. */
  private List<String> domains(String from) throws ConfigException {
    String text = values.getOrDefault(DOMAINS, from.substring(from.lastIndexOf('@') + 1));
    List<String> domains =
        Arrays.stream(text.split(",", -1))
            .map(it -> it.strip().toLowerCase(Locale.ROOT))
            .filter(it -> !it.isEmpty())
            .toList();
    if (domains.isEmpty() || !domains.stream().allMatch(it -> DOMAIN.matcher(it).matches())) {
      throw wrong(DOMAINS, text, "domains such as example.com, separated by commas, or *");
    }
    return domains;
  }
}
