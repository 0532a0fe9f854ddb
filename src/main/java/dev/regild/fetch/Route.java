package dev.regild.fetch;

/**
 * How the servers of a repository are reached.
 *
 * @param proxy {@code http://host:port}; {@link #DIRECT} for none; empty for what the environment
 *     says ({@code http_proxy}, {@code https_proxy}, {@code no_proxy})
 * @param authority the path of a PEM file with those who must have issued the servers'
 *     certificates; empty for those that Java trusts, {@link #MICROSOFT} for the root of
 *     Microsoft's update servers
 */
public record Route(String proxy, String authority) {
  /** Past every proxy. */
  public static final String DIRECT = "none";

  /** The authority of Microsoft's update servers, which neither Java nor Debian has. */
  public static final String MICROSOFT = "microsoft-update";

  /** As the environment says, to servers whose certificates Java trusts. */
  public static final Route DEFAULT = new Route("", "");

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public Route {
    if (!proxy.isEmpty() && !proxy.equals(DIRECT)) {
      ProxyAddress.parse("proxy", proxy).requireNoUser("proxy");
    }
    if (!authority.isEmpty() && !authority.startsWith("/") && !authority.equals(MICROSOFT)) {
      throw new IllegalArgumentException(
          "ca-cert: '" + authority + "' is not absolute; write the whole path of a PEM file");
    }
  }
}
