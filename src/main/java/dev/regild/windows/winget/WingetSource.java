package dev.regild.windows.winget;

import dev.regild.fetch.Route;
import dev.regild.windows.catalogue.CatalogueSource;
import dev.regild.windows.catalogue.FollowedSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A directory of winget's manifests, from which the agents of a Windows channel come: a clone of
 * the public repository, or a company's own, as private sources of winget serve it.
 *
 * @param directory its absolute path
 * @param packages the identifiers of the packages that are followed: {@code Example.Agent}
 * @param architecture of the machines: {@code amd64}, {@code arm64} or {@code x86}
 * @param route how the installers' servers are reached
 */
public record WingetSource(
    String directory, List<String> packages, String architecture, Route route)
    implements FollowedSource {
  /** Its kind in a channel's file. */
  public static final String KIND = "winget-manifest";

  private static final Pattern IDENTIFIER =
      Pattern.compile("[A-Za-z0-9_+-]{1,32}(\\.[A-Za-z0-9_+-]{1,32}){1,7}");

  private static final int MOST_PACKAGES = 100;

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public WingetSource {
    packages = List.copyOf(packages);
    var _ = new CatalogueSource(architecture);
    if (!directory.startsWith("/")) {
      throw new IllegalArgumentException(
          "directory: '" + directory + "' is not absolute; write the whole path");
    }
    if (packages.isEmpty() || packages.size() > MOST_PACKAGES) {
      throw new IllegalArgumentException(
          "packages: names %d packages; name 1 to %d".formatted(packages.size(), MOST_PACKAGES));
    }
    for (String each : packages) {
      if (!IDENTIFIER.matcher(each).matches()) {
        throw new IllegalArgumentException(
            "packages: '" + each + "' is not an identifier; write for example Publisher.Package");
      }
    }
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Map<String, Object> keys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("directory", directory);
    keys.put("packages", packages);
    keys.put("architecture", architecture);
    return keys;
  }

  @Override
  public String text() {
    return "winget manifests in %s; %s".formatted(directory, String.join(", ", packages));
  }
}
