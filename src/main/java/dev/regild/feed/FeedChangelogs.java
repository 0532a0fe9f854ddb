package dev.regild.feed;

import dev.regild.channel.PackageSystem;
import dev.regild.feed.Issue.State;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.NamedCve;
import dev.regild.insight.Replacement;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What feeds say that the versions of a package fix, in the form of a changelog: for package
 * systems whose packages have none of their own ({@link
 * dev.regild.insight.PackageNotes#isFixedByFeeds}).
 */
public final class FeedChangelogs {
  /** Without any feed. */
  public static final FeedChangelogs NONE = new FeedChangelogs(_ -> PlatformFacts.NONE);

  private final Function<String, PlatformFacts> facts;

  public FeedChangelogs(FeedStore feeds) {
    this(feeds::facts);
  }

  /**
   * @param facts what the feeds say of a platform
   */
  FeedChangelogs(Function<String, PlatformFacts> facts) {
    this.facts = facts;
  }

  /** Returns what the feeds say now of a platform's packages. */
  public OfPlatform of(String platform, PackageSystem system) {
    return new OfPlatform(
        system, system.notes().isFixedByFeeds() ? facts.apply(platform) : PlatformFacts.NONE);
  }

  /** What the feeds say of one platform. For one thread. */
  public static final class OfPlatform {
    private final PackageSystem system;
    private final PlatformFacts said;
    private final Map<PackageVersion, Optional<Changelog>> known = new HashMap<>();

    private OfPlatform(PackageSystem system, PlatformFacts said) {
      this.system = system;
      this.said = said;
    }

    /**
     * Returns what the versions of a package fix, up to this one.
     *
     * @return empty if the package system has changelogs of its own, or no feed knows the package;
     *     else one that begins with the oldest version that the feeds name, since they may lack
     *     older ones
     */
    public Optional<Changelog> changelog(PackageVersion version) {
      return said.issues().isEmpty()
          ? Optional.empty()
          : known.computeIfAbsent(version, this::made);
    }

    private Optional<Changelog> made(PackageVersion version) {
      SortedMap<String, List<NamedCve>> byVersion =
          new TreeMap<>(system.family().order().reversed());
      InstalledPackage installed =
          new InstalledPackage(version.name(), "", version.version(), false);
      for (PackageVersion name : system.notes().vendorNames(installed)) {
        for (Issue issue : said.issues(name.name())) {
          boolean reached =
              issue.state() == State.AFFECTED
                  && !issue.fixed().isEmpty()
                  && system.family().order().compare(issue.fixed(), version.version()) <= 0;
          if (reached) {
            byVersion
                .computeIfAbsent(issue.fixed(), _ -> new ArrayList<>())
                .add(new NamedCve(issue.cve(), true, evidence(issue)));
          }
        }
      }
      if (byVersion.isEmpty()) {
        return Optional.empty();
      }
      List<ChangelogEntry> entries = new ArrayList<>();
      byVersion.forEach((each, cves) -> entries.add(new ChangelogEntry("", each, cves)));
      return Optional.of(
          new Changelog(
              version.name(),
              version.version(),
              version.name(),
              version.version(),
              "",
              "",
              entries.getLast(),
              false,
              entries));
    }

    private static String evidence(Issue issue) {
      return issue.note().isEmpty() ? "fixed in " + issue.fixed() : issue.note();
    }

    /** Returns a replacement whose advisories have the CVEs that the feeds name for them, too. */
    public Replacement withCves(Replacement each) {
      return said.issues().isEmpty()
          ? each
          : new Replacement(
              each.name(),
              each.from(),
              each.to(),
              each.advisories().stream().map(this::withCves).toList());
    }

    private Advisory withCves(Advisory advisory) {
      TreeSet<String> cves = new TreeSet<>(advisory.cves());
      said.issues(advisory.id()).forEach(issue -> cves.add(issue.cve()));
      return new Advisory(advisory.id(), advisory.type(), advisory.severity(), List.copyOf(cves));
    }
  }
}
