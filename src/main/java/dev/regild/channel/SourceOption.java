package dev.regild.channel;

/**
 * An option of {@code regild channel add} that makes sources of one or several package systems.
 *
 * @param name {@code --source}
 * @param label of its value; empty for an option that has none
 * @param description for the help
 */
public record SourceOption(String name, String label, String description) {
  /** The proxy to ask servers through. */
  public static final SourceOption PROXY =
      new SourceOption(
          "--proxy",
          "URL",
          "The proxy to ask the repositories' servers through, http://host:port, or none. Default:"
              + " http_proxy, https_proxy and no_proxy of the environment.");

  /** Who must have issued the servers' certificate. */
  public static final SourceOption AUTHORITY =
      new SourceOption(
          "--ca-cert",
          "FILE",
          "Who must have issued the certificate of the repositories' servers (PEM). Default: those"
              + " that Java trusts.");
}
