package dev.regild.policy.notice;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The server that takes the e-mail of notices, as the operator has set it.
 *
 * @param host its name or address
 * @param encryption how connections to it are encrypted
 * @param from the sender's address
 * @param credentials a file with {@code USER:PASSWORD}; empty if the server asks for none
 * @param authority a PEM file with those who issue its certificate; empty for those that Java
 *     trusts
 * @param domains whose addresses notices may write to, in small letters; {@code *} for any
 */
public record MailServer(
    String host,
    int port,
    Encryption encryption,
    String from,
    Optional<Path> credentials,
    Optional<Path> authority,
    List<String> domains) {
  /** What every mail server accepts, and a URI takes as it is. */
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?=[^@]{1,64}@)[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*");

  public MailServer {
    domains = List.copyOf(domains);
  }

  /** How connections are encrypted. */
  public enum Encryption {
    /** They begin in the clear; nothing but the greeting is said before they are encrypted. */
    STARTTLS,
    /** From the first byte. */
    TLS,
    NONE
  }

  /** Returns whether a text is an address that a message can be sent from or to. */
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  /** Returns the domain of an address. */
  static String domain(String address) {
    return address.substring(address.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
  }

  /** Returns whether notices may write to an address. */
  boolean mayReach(URI to) {
    return domains.contains("*") || domains.contains(domain(to.getSchemeSpecificPart()));
  }
}
