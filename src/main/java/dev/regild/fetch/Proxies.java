package dev.regild.fetch;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The proxy that a source names, or those of the environment, as curl and apt read it: {@code
 * http_proxy}, {@code https_proxy} and {@code all_proxy}, but for the hosts of {@code no_proxy}
 * (all but {@code http_proxy} in capitals too). What is on this machine is never asked through a
 * proxy.
 */
final class Proxies extends ProxySelector {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[?::1]?");

  private final String proxy;
  private final Map<String, String> environment;

  /**
   * @param proxy as a {@link Route} has it
   */
  Proxies(String proxy, Map<String, String> environment) {
    this.proxy = proxy;
    this.environment = environment;
  }

  /**
   * Returns the proxy for a URI; empty if it is asked directly.
   *
   * @throws IllegalArgumentException if the environment names one that can't be used
   */
  Optional<ProxyAddress> of(URI uri) {
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    if (proxy.equals(Route.DIRECT) || LOOPBACK.matcher(host).matches()) {
      return Optional.empty();
    }
    if (!proxy.isEmpty()) {
      return Optional.of(ProxyAddress.parse("proxy", proxy));
    }
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    // HTTP_PROXY in capitals is what a web server makes of a client's header Proxy.
    Optional<Map.Entry<String, String>> named =
        secure
            ? first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
            : first("http_proxy", "all_proxy", "ALL_PROXY");
    if (named.isEmpty() || isExempt(host, port(uri, secure))) {
      return Optional.empty();
    }
    return Optional.of(ProxyAddress.parse(named.get().getKey(), named.get().getValue()));
  }

  private Optional<Map.Entry<String, String>> first(String... names) {
    for (String name : names) {
      String value = environment.getOrDefault(name, "").strip();
      if (!value.isEmpty()) {
        return Optional.of(Map.entry(name, value));
      }
    }
    return Optional.empty();
  }

  private static int port(URI uri, boolean secure) {
    return uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
  }

  /** By a host's name, that of its domain with or without a dot, or its address. */
  private boolean isExempt(String host, int port) {
    String exempt = first("no_proxy", "NO_PROXY").map(Map.Entry::getValue).orElse("");
    for (String each : exempt.toLowerCase(Locale.ROOT).split("[,\\s]+", -1)) {
      String name = each.replaceFirst("^\\*?\\.", "");
      boolean hasPort = name.matches("[^:]+:\\d{1,5}");
      String bare = hasPort ? name.replaceFirst(":\\d+$", "") : name;
      boolean thatPort = !hasPort || name.endsWith(":" + port);
      if (name.equals("*")
          || (thatPort && !bare.isEmpty() && (host.equals(bare) || host.endsWith("." + bare)))
          || (each.contains("/")
              && AddressRange.parse(each).filter(r -> r.has(host)).isPresent())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<Proxy> select(URI uri) {
    return List.of(
        of(uri)
            .map(address -> new Proxy(Proxy.Type.HTTP, address.socket()))
            .orElse(Proxy.NO_PROXY));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // Whoever asked is told.
  }

  /** Addresses of IPv4 in a network: {@code 10.0.0.0/8}. */
  private record AddressRange(long network, int bits) {
    static Optional<AddressRange> parse(String text) {
      String[] parts = text.split("/", 2);
      Optional<Long> address = address(parts[0]);
      return address.isPresent() && parts[1].matches("\\d|[12]\\d|3[0-2]")
          ? Optional.of(new AddressRange(address.get(), Integer.parseInt(parts[1])))
          : Optional.empty();
    }

    boolean has(String host) {
      int shift = 32 - bits;
      return address(host).filter(it -> it >> shift == network >> shift).isPresent();
    }

    private static Optional<Long> address(String text) {
      if (!text.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
        return Optional.empty();
      }
      long result = 0;
      for (String each : text.split("\\.", -1)) {
        result = (result << 8) | (Integer.parseInt(each) & 0xff);
      }
      return Optional.of(result);
    }
  }
}
