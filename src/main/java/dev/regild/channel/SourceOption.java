package dev.regild.channel;

/**
 * An option of {@code regild channel add} that makes sources of one or several package systems.
 *
 * @param name {@code --source}
 * @param label of its value; empty for an option that has none
 * @param description for the help
 * @param repeatable whether it may be said more than once
 */
public record SourceOption(String name, String label, String description, boolean repeatable) {
  /** An option that is said once. */
  public SourceOption(String name, String label, String description) {
    this(name, label, description, false);
  }

  /** The proxy to ask servers through. */
  public static final SourceOption PROXY =
      new SourceOption(
          "--proxy",
          "URL",
          "The proxy for the repositories: http://HOST:PORT, or none. Default:"
              + " http_proxy, https_proxy and no_proxy in the environment.");

  /** Who must have issued the servers' certificate. */
  public static final SourceOption AUTHORITY =
      new SourceOption(
          "--ca-cert",
          "FILE",
          "The certificate authority (PEM) of the repositories' servers. Default: those"
              + " that Java trusts.");
}
