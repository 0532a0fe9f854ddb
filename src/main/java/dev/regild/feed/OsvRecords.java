package dev.regild.feed;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.feed.Issue.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads records in the form of OSV (ossf.github.io/osv-schema), as osv.dev has them of Debian,
 * Ubuntu, AlmaLinux, Rocky Linux and Red Hat.
 */
final class OsvRecords implements FeedReader {
  private static final Pattern CVE = Pattern.compile("CVE-\\d{4}-\\d{4,19}");
  private static final Pattern OWN_CVE = Pattern.compile("(?:[A-Z]+-)?(CVE-\\d{4}-\\d{4,19})");

  /** Of these distributions each CVE has a record of its own, which says more. */
  private static final Pattern COLLECTION = Pattern.compile("(?:USN|LSN|DSA|DLA|DTSA)-.*");

  /** Advisories about other things than security, such as {@code ALBA-2026:1}. */
  private static final Pattern OTHER = Pattern.compile("[A-Z]{2}[BE]A-.*");

  private static final Pattern SEVERITY =
      Pattern.compile("(Critical|Important|Moderate|Low):.*", Pattern.DOTALL);

  /** Of one record; those of Linux have the most: some hundred packages, and 2,000 CVEs. */
  private static final int MOST_AFFECTED = 50_000;

  private static final int MOST_CVES = 20_000;

  /** Each CVE in each package; a feed may not have more in all its records. */
  private static final long MOST_PAIRS = 2_000_000;

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    FeedArchive.each(
        file,
        in ->
            FeedJson.read(
                in,
                json -> {
                  if (json.isArray()) {
                    json.array("the whole", () -> new Entry(json, facts).read());
                  } else {
                    new Entry(json, facts).read();
                  }
                }));
  }

  /** Returns the platform of images of an ecosystem: {@code Ubuntu:22.04:LTS}; empty if none. */
  static Optional<String> platform(String ecosystem) {
    String[] parts = ecosystem.split(":", -1);
    if (parts.length < 2) {
      return Optional.empty();
    }
    String last = parts[1];
    return switch (parts[0]) {
      case "Debian" -> Optional.of("DEBIAN_" + last);
      case "AlmaLinux" -> Optional.of("ALMA_LINUX" + last);
      case "Rocky Linux" -> Optional.of("ROCKY_LINUX" + last);
      case "Red Hat" ->
          last.equals("enterprise_linux") && parts.length > 2
              ? Optional.of("RHEL" + parts[2])
              : Optional.empty();
      case "Ubuntu" ->
          switch (ecosystem) {
            case "Ubuntu:22.04:LTS" -> Optional.of("UBUNTU_2204");
            case "Ubuntu:26.04:LTS" -> Optional.of("UBUNTU_2604");
            case "Ubuntu:24.04:LTS", "Ubuntu:Pro:24.04:LTS" -> Optional.of("UBUNTU_PRO_2404");
            default -> Optional.empty();
          };
      default -> Optional.empty();
    };
  }

  /** A record being read. */
  private static final class Entry {
    private final FeedJson json;
    private final FeedFacts facts;
    private String id = "";
    private boolean withdrawn;
    private String severity = "";
    private final Set<String> cves = new LinkedHashSet<>();
    private final List<Affected> affected = new ArrayList<>();

    private Entry(FeedJson json, FeedFacts facts) {
      this.json = json;
      this.facts = facts;
    }

    private record Affected(String platform, String name, String fixed) {}

    private void read() throws IOException, MalformedFeedException {
      boolean[] isRecord = {false};
      json.object(
          "a record",
          member -> {
            switch (member) {
              case "id" -> id = json.text(member);
              case "withdrawn" -> withdrawn = !json.text(member).isEmpty();
              case "modified" -> {
                isRecord[0] = true;
                json.skip();
              }
              case "summary" -> {
                Matcher level = SEVERITY.matcher(json.text(member));
                if (severity.isEmpty() && level.matches()) {
                  severity = level.group(1);
                }
              }
              case "severity" -> severities();
              case "upstream", "aliases", "related" -> names(member);
              case "affected" -> json.array(member, this::affected);
              default -> json.skip();
            }
          });
      if (id.isEmpty() || !isRecord[0]) {
        throw new MalformedFeedException(
            "a record of it%s has no id, or no modified".formatted(id.isEmpty() ? "" : ", " + id));
      }
      if (!withdrawn && !COLLECTION.matcher(id).matches()) {
        addAll();
      }
    }

    private void severities() throws IOException, MalformedFeedException {
      json.array(
          "severity of " + id,
          () -> {
            String[] both = {"", ""};
            json.object(
                "severity of " + id,
                member -> {
                  switch (member) {
                    case "type" -> both[0] = json.text(member);
                    case "score" -> both[1] = json.text(member);
                    default -> json.skip();
                  }
                });
            if (both[0].equals("Ubuntu")) {
              severity = both[1];
            }
          });
    }

    private void names(String member) throws IOException, MalformedFeedException {
      if (!json.isArray()) {
        json.skip();
        return;
      }
      json.array(
          member,
          () -> {
            String name = json.text(member);
            if (CVE.matcher(name).matches()) {
              cves.add(name);
              require(cves.size() <= MOST_CVES);
            }
          });
    }

    private void affected() throws IOException, MalformedFeedException {
      String[] named = {"", "", ""};
      json.object(
          "affected of " + id,
          member -> {
            switch (member) {
              case "package" ->
                  json.object(
                      member,
                      part -> {
                        switch (part) {
                          case "ecosystem" -> named[0] = json.text(part);
                          case "name" -> named[1] = json.text(part);
                          default -> json.skip();
                        }
                      });
              case "ranges" -> json.array(member, () -> range(named));
              default -> json.skip();
            }
          });
      Optional<String> platform = platform(named[0]).filter(facts.platforms()::contains);
      if (platform.isPresent() && !named[1].isEmpty()) {
        affected.add(
            new Affected(platform.get(), FeedFacts.bounded(named[1]), FeedFacts.bounded(named[2])));
        require(affected.size() <= MOST_AFFECTED);
      }
    }

    private static void require(boolean few) throws MalformedFeedException {
      if (!few) {
        throw new MalformedFeedException("a record of it names too many packages or CVEs");
      }
    }

    private void range(String[] named) throws IOException, MalformedFeedException {
      String[] range = {"", ""};
      json.object(
          "range of " + id,
          member -> {
            switch (member) {
              case "type" -> range[0] = json.text(member);
              case "events" ->
                  json.array(
                      member,
                      () ->
                          json.object(
                              member,
                              event -> {
                                String version = json.text(event);
                                if (event.equals("fixed")) {
                                  range[1] = version;
                                }
                              }));
              default -> json.skip();
            }
          });
      if (range[0].equals("ECOSYSTEM") && !range[1].isEmpty()) {
        named[2] = range[1];
      }
    }

    private void addAll() throws MalformedFeedException {
      Matcher own = OWN_CVE.matcher(id);
      if (!own.matches() && cves.isEmpty() && OTHER.matcher(id).matches()) {
        return;
      }
      Set<String> named = own.matches() ? Set.of(own.group(1)) : cves.isEmpty() ? Set.of(id) : cves;
      require((long) affected.size() * named.size() <= MOST_PAIRS);
      for (Affected each : affected) {
        for (String cve : named) {
          add(each, cve);
        }
      }
    }

    /** Of several fixes, of a CVE in several advisories, the first one counts. */
    private void add(Affected each, String cve) throws MalformedFeedException {
      Issue before = facts.find(each.platform(), each.name(), cve);
      if (before == null || isEarlier(each, before)) {
        facts.put(
            each.platform(),
            each.name(),
            new Issue(cve, State.AFFECTED, each.fixed(), severity, ""));
      }
    }

    private static boolean isEarlier(Affected each, Issue before) {
      if (each.fixed().isEmpty() || before.fixed().isEmpty()) {
        return before.fixed().isEmpty();
      }
      Optional<PackageSystem> system = PackageSystems.installed().find(each.platform());
      return system.isPresent()
          && system.get().family().order().compare(each.fixed(), before.fixed()) < 0;
    }
  }
}
