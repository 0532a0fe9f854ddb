package dev.regild.channel;

import dev.regild.plan.PackageSystem;
import java.util.List;
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
    String signedBy)
    implements PackageSource {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~-]*");
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~/-]*[^/]|[A-Za-z0-9]");

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public AptSource {
    uris = uris.stream().map(uri -> RepositoryUri.checked("uris", uri)).toList();
    suites = checked("suites", suites, PATH, "bookworm");
    components = checked("components", components, PATH, "main");
    architectures = checked("architectures", architectures, WORD, "amd64");
    if (uris.isEmpty()) {
      throw new IllegalArgumentException("uris: is empty; name at least one repository");
    }
    KeyText.check("signed-by", signedBy);
  }

  @Override
  public PackageSystem system() {
    return PackageSystem.DPKG;
  }

  @Override
  public String architecture() {
    return architectures.getFirst();
  }

  /** The Debian architecture of the machine that this runs on. */
  public static String hostArchitecture() {
    return switch (System.getProperty("os.arch", "amd64")) {
      case "aarch64" -> "arm64";
      case "ppc64le" -> "ppc64el";
      case String other -> other;
    };
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
