package dev.regild.apt;

import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.RepositoryUri;
import dev.regild.fetch.KeyText;
import dev.regild.fetch.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Package repositories in apt's terms (sources.list(5)): every suite of every URI, with these
 * components and architectures. A flat repository, without {@code dists/}, has the directory of its
 * index as its suite, with a slash at the end ({@code ./}), and no components.
 *
 * @param uris roots of repositories: {@code http}, {@code https} or {@code file}
 * @param suites names under {@code dists/}: {@code bookworm}, {@code bookworm-updates}
 * @param components {@code main}, {@code contrib}
 * @param architectures Debian's words, the main one of the machines first: {@code amd64}
 * @param signedBy whose signature is trusted: the path of a keyring (binary or armored, or a
 *     directory of such), or the armored public key itself
 * @param checkValidUntil false for an archive whose Release files have expired
 * @param allowSha1Keys whether a key counts whose own signatures are by SHA-1, where the guests'
 *     apt would refuse it
 * @param route how its servers are reached
 */
public record AptSource(
    List<String> uris,
    List<String> suites,
    List<String> components,
    List<String> architectures,
    String signedBy,
    boolean checkValidUntil,
    boolean allowSha1Keys,
    Route route)
    implements PackageSource {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~-]*");
  private static final Pattern FLAT = Pattern.compile("/|\\./|(?:[A-Za-z0-9][A-Za-z0-9+._~-]*/)++");
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._~/-]*[^/]|[A-Za-z0-9]");

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public AptSource {
    uris = uris.stream().map(uri -> RepositoryUri.checked("uris", uri)).toList();
    boolean flat = !suites.isEmpty() && suites.stream().allMatch(AptSource::isFlat);
    if (!flat && suites.stream().anyMatch(AptSource::isFlat)) {
      throw new IllegalArgumentException(
          "suites: mixes a flat repository's directory with suites; write two sources");
    }
    if (flat && !components.isEmpty()) {
      throw new IllegalArgumentException(
          "components: a flat repository (suite '"
              + suites.getFirst()
              + "') has none; remove them");
    }
    suites = checked("suites", suites, flat ? FLAT : PATH, flat ? "./" : "bookworm");
    components = flat ? List.of() : checked("components", components, PATH, "main");
    architectures = checked("architectures", architectures, WORD, "amd64");
    if (uris.isEmpty()) {
      throw new IllegalArgumentException("uris: is empty; name at least one repository");
    }
    KeyText.check("signed-by", signedBy);
  }

  /** Repositories with suites that expire, by a key that is good, by the usual way. */
  public AptSource(
      List<String> uris,
      List<String> suites,
      List<String> components,
      List<String> architectures,
      String signedBy) {
    this(uris, suites, components, architectures, signedBy, true, false, Route.DEFAULT);
  }

  /** The same, reached in another way. */
  public AptSource by(Route other) {
    return new AptSource(
        uris, suites, components, architectures, signedBy, checkValidUntil, allowSha1Keys, other);
  }

  private static boolean isFlat(String suite) {
    return suite.endsWith("/");
  }

  @Override
  public PackageSystem system() {
    return new AptPackageSystem();
  }

  @Override
  public Map<String, Object> keys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("uris", uris);
    keys.put("suites", suites);
    if (!components.isEmpty()) {
      keys.put("components", components);
    }
    keys.put("architectures", architectures);
    keys.put("signed-by", signedBy);
    if (!checkValidUntil) {
      keys.put("check-valid-until", false);
    }
    if (allowSha1Keys) {
      keys.put("allow-sha1-keys", true);
    }
    return keys;
  }

  @Override
  public String text() {
    return String.join(" ", uris)
        + "  "
        + String.join(" ", suites)
        + "  "
        + String.join(" ", components);
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
                + (key.equals("suites") ? ", or ./ for a repository without dists/" : ""));
      }
    }
    return List.copyOf(values);
  }
}
