package dev.regild.feed;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Until when a release and its packages are supported.
 *
 * @param basis stands for all of it: another one says something else
 * @param ends when the usual support ends; empty if it is not known
 * @param longTermEnds when long-term support ends; empty if there is none, or it is not known
 * @param packages packages whose support ends earlier, or is limited; empty if it is not known
 */
public record ReleaseSupport(
    String basis,
    Optional<Instant> ends,
    Optional<Instant> longTermEnds,
    Optional<List<Exemption>> packages) {
  /** Nothing is known. */
  public static final ReleaseSupport UNKNOWN =
      new ReleaseSupport("", Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * Source packages that are supported in another way than their release.
   *
   * @param names of source packages
   * @param ended when their support ended or is going to end; empty if it is limited
   * @param why in the distribution's words
   */
  public record Exemption(Pattern names, Optional<Instant> ended, String why) {
    private boolean holds(String source, Instant now) {
      return ended.filter(now::isBefore).isEmpty() && names.matcher(source).matches();
    }
  }

  /**
   * A source package without support, or with limited support.
   *
   * @param ended when its support ended; empty if it is limited
   */
  public record Unsupported(String source, Optional<Instant> ended, String why) {}

  /** Returns those of the sources whose support has ended or is limited; empty if not known. */
  public Optional<List<Unsupported>> unsupported(Collection<String> sources, Instant now) {
    return packages.map(all ->
        new TreeSet<>(sources)
            .stream()
                .flatMap(source ->
                    all.stream()
                        .filter(each -> each.holds(source, now))
                        .limit(1)
                        .map(each -> new Unsupported(source, each.ended(), each.why())))
                .toList());
  }
}
