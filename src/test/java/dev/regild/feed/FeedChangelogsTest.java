package dev.regild.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.feed.Issue.State;
import dev.regild.insight.Changelog;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Replacement;
import dev.regild.insight.SourceFixes;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FeedChangelogsTest {
  private static final PackageSystem WINDOWS = PackageSystems.installed().of("WINDOWS_SERVER_2022");

  @Test
  void anUpdateFixesTheCvesBetweenItsBuilds() {
    SourceFixes fixes = fixes("10.0.20348.2322", "10.0.20348.2402").getFirst();

    assertThat(fixes.fixed())
        .containsExactly(
            new FixedCve("CVE-2026-0002", "10.0.20348.2340", "KB5035857"),
            new FixedCve("CVE-2026-0003", "10.0.20348.2402", "KB5036909"));
    assertThat(fixes.unknown()).isEmpty();
  }

  /** A feed of some months does not say what the ones before fixed. */
  @Test
  void whatIsOlderThanTheFeedIsUnknown() {
    assertThat(fixes("10.0.20348.2113", "10.0.20348.2402").getFirst())
        .satisfies(each -> {
          assertThat(each.fixed()).hasSize(3);
          assertThat(each.unknown()).contains("10.0.20348.2227");
        });
  }

  @Test
  void withoutAFeedEverythingIsUnknown() {
    assertThat(find(FeedChangelogs.NONE, "10.0.20348.2322", "10.0.20348.2402"))
        .singleElement()
        .satisfies(each -> assertThat(each.unknown()).contains("nor a feed of the kind msrc"));
  }

  @Test
  void anAdvisoryHasTheCvesOfItsKb() {
    FeedChangelogs.OfPlatform said = feeds().of("WINDOWS_SERVER_2022", WINDOWS);

    Replacement replacement =
        said.withCves(
            new Replacement(
                "Package_for_DotNetRollup_481",
                "10.0.4690.1",
                "10.0.4690.2",
                List.of(new Advisory("KB5034123", "security", "", List.of()))));

    assertThat(replacement.advisories().getFirst().cves()).containsExactly("CVE-2026-0009");
  }

  @Test
  void aClientIsComparedWithItsOwnBuild() {
    Optional<Changelog> changelog =
        feeds().of("WINDOWS", WINDOWS).changelog(new PackageVersion("Windows", "10.0.26100.2000"));

    assertThat(changelog)
        .hasValueSatisfying(each ->
            assertThat(each.entries())
                .singleElement()
                .satisfies(entry -> assertThat(entry.version()).isEqualTo("10.0.26100.1150")));
  }

  private static List<SourceFixes> fixes(String from, String to) {
    return find(feeds(), from, to);
  }

  private static List<SourceFixes> find(FeedChangelogs feeds, String from, String to) {
    FeedChangelogs.OfPlatform said = feeds.of("WINDOWS_SERVER_2022", WINDOWS);
    return new FixFinder(
            WINDOWS.notes(),
            WINDOWS.family(),
            List.of(new InstalledPackage("Windows", "amd64", from, false)),
            each -> said.changelog(new PackageVersion(each.name(), each.to())))
        .find(List.of(new Replacement("Windows", from, to, List.of())))
        .sources();
  }

  private static FeedChangelogs feeds() {
    Map<String, Collection<Issue>> server =
        Map.of(
            "Windows",
            List.of(
                fixed("CVE-2026-0001", "10.0.20348.2227", "KB5034129"),
                fixed("CVE-2026-0002", "10.0.20348.2340", "KB5035857"),
                fixed("CVE-2026-0003", "10.0.20348.2402", "KB5036909"),
                fixed("CVE-2026-0004", "10.0.20348.2461", "KB5037782")),
            "KB5034123",
            List.of(fixed("CVE-2026-0009", "", "")));
    Map<String, Collection<Issue>> client =
        Map.of(
            "Windows 22631",
            List.of(fixed("CVE-2026-0001", "10.0.22631.3880", "KB5040442")),
            "Windows 26100",
            List.of(fixed("CVE-2026-0001", "10.0.26100.1150", "KB5040435")));
    return new FeedChangelogs(platform ->
        new PlatformFacts(
            platform, Optional.of(platform.equals("WINDOWS") ? client : server), Optional.empty()));
  }

  private static Issue fixed(String cve, String build, String kb) {
    return new Issue(cve, State.AFFECTED, build, "", kb);
  }
}
