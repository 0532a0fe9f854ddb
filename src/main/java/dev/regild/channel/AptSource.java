package dev.regild.channel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Package repositories in apt's terms (sources.list(5)): every suite of every URI, with these
 * components and architectures.
 *
 * @param uris roots of repositories: {@code http}, {@code https} or {@code file}
 * @param suites names under {@code dists/}: {@code bookworm}, {@code bookworm-updates}
 * @param components {@code main}, {@code contrib}
 * @param architectures Debian's words, the main one of the machines first: {@code amd64}
 * @param signedBy whose signature is trusted: the path of a keyring (binary or armored, or a
 *     directory of such), or the armored public key itself
 */
public record AptSource(
    List<String> uris,
    List<String> suites,
    List<String> components,
    List<String> architectures,
    String signedBy) {
  private static final Set<String> SCHEMES = Set.of("http", "https", "file");
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~-]*");
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~/-]*[^/]|[A-Za-z0-9]");
  private static final String ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public AptSource {
    uris = uris.stream().map(AptSource::checkedUri).toList();
    suites = checked("suites", suites, PATH, "bookworm");
    components = checked("components", components, PATH, "main");
    architectures = checked("architectures", architectures, WORD, "amd64");
    if (uris.isEmpty()) {
      throw new IllegalArgumentException("uris: is empty; name at least one repository");
    }
    if (!signedBy.startsWith("/") && !signedBy.strip().startsWith(ARMOR)) {
      throw new IllegalArgumentException(
          "signed-by: must be the absolute path of a keyring, or an armored public key that begins"
              + " with "
              + ARMOR);
    }
  }

  /** Whether {@link #signedBy} is the key itself, not the path of a keyring. */
  boolean hasInlineKey() {
    return !signedBy.startsWith("/");
  }

  /** The Debian architecture of the machine that this runs on. */
  public static String hostArchitecture() {
    return switch (System.getProperty("os.arch", "amd64")) {
      case "aarch64" -> "arm64";
      case "ppc64le" -> "ppc64el";
      case String other -> other;
    };
  }

  private static String checkedUri(String text) {
    try {
      URI uri = new URI(text);
      boolean complete = "file".equals(uri.getScheme()) || uri.getHost() != null;
      if (SCHEMES.contains(String.valueOf(uri.getScheme()))
          && complete
          && uri.getPath() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null
          && uri.getFragment() == null) {
        return withoutTrailingSlash(text);
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "uris: '"
              + text
              + "' is no URI: "
              + e.getReason()
              + "; write for example"
              + " http://mirror.example/debian",
          e);
    }
    throw new IllegalArgumentException(
        "uris: '"
            + text
            + "' can't be used; write http://, https:// or file:/ and a path, without user name,"
            + " query or fragment");
  }

  private static String withoutTrailingSlash(String uri) {
    String result = uri;
    while (result.endsWith("/")) {
      result = result.substring(0, result.length() - 1);
    }
    return result;
  }

  private static List<String> checked(
      String key, List<String> values, Pattern pattern, String example) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(
          key + ": is empty; name at least one, for example " + example);
    }
    for (String value : values) {
      if (!pattern.matcher(value).matches() || value.contains("..")) {
        throw new IllegalArgumentException(
            key
                + ": '"
                + value
                + "' can't be used; write for example "
                + example
                + " (repositories without dists/ are not supported)");
      }
    }
    return List.copyOf(values);
  }
}
