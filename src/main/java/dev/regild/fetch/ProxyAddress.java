package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** A proxy that is asked by HTTP. Not a record: its text must never show the password. */
public final class ProxyAddress {
  private static final int DEFAULT_PORT = 80;

  private final URI uri;

  private ProxyAddress(URI uri) {
    this.uri = uri;
  }

  /**
   * Reads an address as curl and apt write it: {@code http://host:port/}; a bare {@code host:port}
   * stands for the same.
   *
   * @param setting where it was said, for the message, which never shows a password
   * @throws IllegalArgumentException if it is not an address, or of a kind that can't be used
   */
  public static ProxyAddress parse(String setting, String text) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      if (!scheme.equals("http")) {
        throw new IllegalArgumentException(
            "%s: %s proxies are not supported; use an http proxy such as http://proxy.example:3128"
                .formatted(setting, scheme));
      }
      String path = String.valueOf(uri.getPath());
      if (uri.getHost() != null
          && (path.isEmpty() || path.equals("/"))
          && uri.getQuery() == null
          && uri.getFragment() == null) {
        return new ProxyAddress(uri);
      }
    } catch (URISyntaxException e) {
      // Its message would repeat the text, which may hold a password.
    }
    throw new IllegalArgumentException(
        setting + ": is not a proxy's address; write for example http://proxy.example:3128");
  }

  /** Refuses an address with a password, which a file that others read is not the place for. */
  void requireNoUser(String setting) {
    if (uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "%s: holds a user; write %s, and 'machine %s login USER password SECRET' into %s"
              .formatted(setting, plain(), plain(), CredentialsFile.NAME));
    }
  }

  /** {@code http://proxy.example:3128}, without user and password. */
  public String plain() {
    return "http://" + uri.getHost() + ":" + port();
  }

  public boolean hasUser() {
    return uri.getRawUserInfo() != null;
  }

  /** Not resolved, so that a proxy whose name changes its address is found again. */
  InetSocketAddress socket() {
    String host = uri.getHost();
    boolean literal = host.startsWith("[");
    return InetSocketAddress.createUnresolved(
        literal ? host.substring(1, host.length() - 1) : host, port());
  }

  private int port() {
    return uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
  }

  /** The value of the header Proxy-Authorization, if the address has a user. */
  Optional<String> authorization() {
    return Optional.ofNullable(uri.getUserInfo())
        .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8)));
  }
}
