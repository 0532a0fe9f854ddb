package dev.regild.feed;

import dev.regild.channel.PackageSystems;
import dev.regild.feed.Issue.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads CSAF 2.0 documents of the profile VEX, as Red Hat publishes one for each CVE. A product's
 * id is that of a release, a colon, and the component: {@code red_hat_enterprise_linux_9:openssl},
 * or {@code BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-27.el9_4.src} of a fix.
 */
final class CsafDocuments implements FeedReader {
  /** Those for extended support ({@code rhel_eus}) are other products. */
  private static final Pattern RHEL =
      Pattern.compile("cpe:/[ao]:redhat:enterprise_linux:(\\d+)(?:\\.\\d+)?(?::.*)?");

  /** Behind the colon; modules stand before it, or behind two colons. */
  private static final Pattern SOURCE =
      Pattern.compile("(?:.*[:/])?([^:/]+)-(\\d+:[^-:/]+-[^-:/]+)\\.src(?:::.*)?", Pattern.DOTALL);

  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+._-]*");
  private static final Pattern NEVER = Pattern.compile("will not fix|out of support scope");

  /** The statuses of products that are read. */
  private static final Set<String> STATUSES =
      Set.of("fixed", "known_affected", "under_investigation", "known_not_affected");

  // Of one document: it is read to its end before anything of it is passed on. One is of a CVE, or
  // of an advisory with some thousand.
  private static final int MOST_PRODUCTS = 500_000;
  private static final long MOST_CHARACTERS = 32L << 20;
  private static final int MOST_RELEASES = 100_000;
  private static final int MOST_VULNERABILITIES = 20_000;

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    FeedArchive.each(file, in -> FeedJson.read(in, json -> new Advisory(json, facts).read()));
  }

  /** A document being read. */
  private static final class Advisory {
    private final FeedJson json;
    private final FeedFacts facts;
    private final Map<String, String> head = new HashMap<>();

    /** The platforms of releases, by the releases' ids. */
    private final Map<String, String> releases = new HashMap<>();

    private final List<Vulnerability> vulnerabilities = new ArrayList<>();
    private int products;
    private long characters;

    private Advisory(FeedJson json, FeedFacts facts) {
      this.json = json;
      this.facts = facts;
    }

    private void read() throws IOException, MalformedFeedException {
      json.object(
          "the document",
          member -> {
            switch (member) {
              case "document" -> document();
              case "product_tree" -> branch();
              case "vulnerabilities" ->
                  json.array(
                      member,
                      () -> {
                        Vulnerability each = new Vulnerability();
                        each.read();
                        vulnerabilities.add(each);
                        require(vulnerabilities.size(), MOST_VULNERABILITIES, "vulnerabilities");
                      });
              default -> json.skip();
            }
          });
      String category = head.getOrDefault("category", "");
      if (!category.startsWith("csaf_") || !head.getOrDefault("csaf_version", "").equals("2.0")) {
        throw new MalformedFeedException("a document of it is not one of CSAF 2.0");
      }
      for (Vulnerability each : vulnerabilities) {
        each.addAll();
      }
    }

    private void document() throws IOException, MalformedFeedException {
      json.object(
          "document",
          member -> {
            if (member.equals("category") || member.equals("csaf_version")) {
              head.put(member, json.text(member));
            } else if (member.equals("aggregate_severity")) {
              json.object(
                  member,
                  part -> {
                    if (part.equals("text")) {
                      head.put("severity", json.text(part));
                    } else {
                      json.skip();
                    }
                  });
            } else {
              json.skip();
            }
          });
    }

    /** The product tree is a branch of branches. */
    private void branch() throws IOException, MalformedFeedException {
      json.object(
          "a branch",
          member -> {
            switch (member) {
              case "branches" -> json.array(member, this::branch);
              case "product" -> product();
              default -> json.skip();
            }
          });
    }

    private void product() throws IOException, MalformedFeedException {
      String[] both = {"", ""};
      json.object(
          "a product",
          member -> {
            switch (member) {
              case "product_id" -> both[0] = json.text(member);
              case "product_identification_helper" ->
                  json.object(
                      member,
                      part -> {
                        if (part.equals("cpe")) {
                          both[1] = json.text(part);
                        } else {
                          json.skip();
                        }
                      });
              default -> json.skip();
            }
          });
      Matcher rhel = RHEL.matcher(both[1]);
      if (rhel.matches()) {
        releases.put(counted(both[0]), counted("RHEL" + rhel.group(1)));
        require(releases.size(), MOST_RELEASES, "releases");
      }
    }

    private String counted(String text) throws MalformedFeedException {
      characters += text.length();
      require(characters, MOST_CHARACTERS, "characters of names");
      return text;
    }

    private static void require(long count, long most, String what) throws MalformedFeedException {
      if (count > most) {
        throw new MalformedFeedException(
            "a document of it has more than %,d %s".formatted(most, what));
      }
    }

    /** A vulnerability being read. */
    private final class Vulnerability {
      private String cve = "";
      private String severity = "";
      private final Map<String, List<String>> statuses = new HashMap<>();
      private final Map<String, String> remedies = new HashMap<>();

      private void read() throws IOException, MalformedFeedException {
        json.object(
            "a vulnerability",
            member -> {
              switch (member) {
                case "cve" -> cve = FeedFacts.bounded(json.text(member));
                case "product_status" ->
                    json.object(
                        member,
                        status -> {
                          if (STATUSES.contains(status)) {
                            statuses.put(status, texts(status));
                          } else {
                            json.skip();
                          }
                        });
                case "remediations" -> json.array(member, this::remedy);
                case "threats" -> json.array(member, this::threat);
                default -> json.skip();
              }
            });
      }

      private List<String> texts(String what) throws IOException, MalformedFeedException {
        List<String> texts = new ArrayList<>();
        json.array(
            what,
            () -> {
              String text = json.text(what);
              if (isOfUse(component(text))) {
                require(++products, MOST_PRODUCTS, "products");
                texts.add(counted(text));
              }
            });
        return texts;
      }

      /** Most products are binary packages, of which nothing is said here. */
      private static boolean isOfUse(String component) {
        return PLAIN_NAME.matcher(component).matches() || SOURCE.matcher(component).matches();
      }

      private void remedy() throws IOException, MalformedFeedException {
        String[] both = {"", ""};
        List<String> of = new ArrayList<>();
        json.object(
            "a remediation",
            member -> {
              switch (member) {
                case "category" -> both[0] = json.text(member);
                case "details" -> both[1] = json.text(member);
                case "product_ids" -> of.addAll(texts(member));
                default -> json.skip();
              }
            });
        boolean never =
            both[0].equals("no_fix_planned")
                || NEVER.matcher(both[1].toLowerCase(Locale.ROOT)).find();
        if (never) {
          String why = counted(FeedFacts.bounded(both[1].isEmpty() ? both[0] : both[1]));
          of.forEach(each -> remedies.put(each, why));
        }
      }

      private void threat() throws IOException, MalformedFeedException {
        String[] both = {"", ""};
        json.object(
            "a threat",
            member -> {
              switch (member) {
                case "category" -> both[0] = json.text(member);
                case "details" -> both[1] = json.text(member);
                default -> json.skip();
              }
            });
        if (both[0].equals("impact") && severity.isEmpty()) {
          severity = FeedFacts.bounded(both[1]);
        }
      }

      private void addAll() throws MalformedFeedException {
        for (String product : statuses.getOrDefault("fixed", List.of())) {
          addFix(product);
        }
        for (String status :
            List.of("known_affected", "under_investigation", "known_not_affected")) {
          for (String product : statuses.getOrDefault(status, List.of())) {
            addUnfixed(product, status);
          }
        }
      }

      private void addFix(String product) throws MalformedFeedException {
        String platform = platform(product);
        Matcher source = SOURCE.matcher(component(product));
        if (platform.isEmpty() || !source.matches()) {
          return;
        }
        String name = source.group(1);
        Issue before = facts.find(platform, name, cve);
        if (before == null || isEarlier(platform, source.group(2), before)) {
          facts.put(platform, name, new Issue(cve, State.AFFECTED, source.group(2), level(), ""));
        }
      }

      private static boolean isEarlier(String platform, String version, Issue before) {
        return before.fixed().isEmpty()
            || PackageSystems.installed()
                .find(platform)
                .filter(it -> it.family().order().compare(version, before.fixed()) < 0)
                .isPresent();
      }

      /** Those of modules are left out: an inventory does not say which source is of which. */
      private void addUnfixed(String product, String status) throws MalformedFeedException {
        String platform = platform(product);
        String name = component(product);
        if (platform.isEmpty() || !PLAIN_NAME.matcher(name).matches()) {
          return;
        }
        State state =
            status.equals("known_not_affected")
                ? State.NOT_AFFECTED
                : remedies.containsKey(product) ? State.WONT_FIX : State.AFFECTED;
        String note =
            status.equals("under_investigation")
                ? "under investigation"
                : remedies.getOrDefault(product, "");
        facts.add(platform, name, new Issue(cve, state, "", level(), note));
      }

      private String level() {
        return severity.isEmpty() ? head.getOrDefault("severity", "") : severity;
      }
    }

    private String platform(String product) {
      int colon = product.indexOf(':');
      String release = colon < 0 ? product : product.substring(0, colon);
      String platform = releases.getOrDefault(release, "");
      return facts.platforms().contains(platform) ? platform : "";
    }

    private static String component(String product) {
      return product.substring(product.indexOf(':') + 1);
    }
  }
}
