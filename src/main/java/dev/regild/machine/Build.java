package dev.regild.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;

/**
 * Which Regild this is.
 *
 * @param version as its jar says; {@code of a source tree} if it does not run from one
 * @param commit of the sources, with {@code +} if they were changed since; empty if the build did
 *     not know it
 * @param time of that commit, so that two builds of one commit are the same; empty likewise
 */
public record Build(String version, Optional<String> commit, Optional<String> time) {
  private static final String FILE = "/dev/regild/build.properties";
  private static final Build OWN = read();

  /** Returns this program's own. */
  public static Build own() {
    return OWN;
  }

  private static Build read() {
    Properties values = new Properties();
    try (InputStream in = Build.class.getResourceAsStream(FILE)) {
      if (in != null) {
        values.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Build(
        Optional.ofNullable(Build.class.getPackage().getImplementationVersion())
            .orElse("of a source tree"),
        known(values, "commit"),
        known(values, "time"));
  }

  /** A build by Maven alone leaves the values empty, one by another tool leaves the variables. */
  private static Optional<String> known(Properties values, String name) {
    return Optional.ofNullable(values.getProperty(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty() && !value.startsWith("${"));
  }

  /** Returns it for people: {@code 0.1.0 (commit 1a2b3c4d5e6f of 2026-11-30T18:46:09Z)}. */
  public String text() {
    return version
        + commit
            .map(it -> " (commit " + it + time.map(when -> " of " + when).orElse("") + ")")
            .orElse("");
  }

  /** Returns it for the header {@code Server}: {@code Regild/0.1.0 (1a2b3c4d5e6f)}. */
  public String server() {
    return "Regild"
        + (version.contains(" ") ? "" : "/" + version)
        + commit.map(it -> " (" + it + ")").orElse("");
  }
}
