package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.PackageSystems;
import dev.regild.feed.Issue.State;
import dev.regild.files.XmlPull;
import dev.regild.plan.WindowsFacts;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the security updates of a month as Microsoft's Security Response Center publishes them: a
 * CVRF 1.1 document in XML, or an archive of several. Of a CVE in Windows it takes the lowest build
 * with the fix, which is the system's own version, and its KB. Windows clients of several builds
 * have one platform here: each build is a package of its own. Of .NET Framework it takes the CVEs
 * of each KB, since .NET has versions of its own. Other products are passed over.
 */
final class MsrcDocuments implements FeedReader {
  private static final Pattern SERVER =
      Pattern.compile("Windows Server (20[0-9]{2})( \\(Server Core installation\\))?");

  private static final Pattern CLIENT =
      Pattern.compile("Windows 1[01]( Version \\w+)? for (x64|32-bit|ARM64)-?(based)? Systems");

  private static final String CLIENT_PLATFORM = "WINDOWS";
  private static final Pattern DOT_NET = Pattern.compile("Microsoft \\.NET Framework .* on (.*)");
  private static final Pattern KB = Pattern.compile("[0-9]{6,8}");
  private static final Pattern FIXED = Pattern.compile("10\\.0\\.([0-9]{5})\\.[0-9]{1,6}");

  /** A month has some hundreds of each. */
  private static final int MOST_PRODUCTS = 10_000;

  private static final int MOST_VULNERABILITIES = 20_000;
  private static final int LONGEST_ID = 100;

  /** Each release of Windows has one update a month, and .NET a few. */
  private static final int MOST_KBS = 1_000;

  private static final Comparator<List<String>> BY_NAMES =
      Comparator.comparing((List<String> each) -> each.getFirst())
          .thenComparing((List<String> each) -> each.getLast());

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    FeedArchive.each(file, ".xml", in -> read(in, facts));
  }

  private static void read(InputStream in, FeedFacts facts)
      throws IOException, MalformedFeedException {
    List<Vulnerability> found = new ArrayList<>();
    boolean[] tree = {false};
    Map<String, Product> platforms = new HashMap<>();
    try (XmlPull xml = XmlPull.open(new InputStreamReader(in, UTF_8))) {
      if (!xml.root().equals("cvrfdoc")) {
        throw new MalformedFeedException("it is not a CVRF document");
      }
      xml.children(part -> {
        switch (part) {
          case "ProductTree" -> {
            tree[0] = true;
            xml.children(name -> products(name, xml, platforms));
          }
          case "Vulnerability" -> {
            require(found.size() < MOST_VULNERABILITIES, MOST_VULNERABILITIES, "vulnerabilities");
            found.add(new Vulnerability(xml, platforms).read());
          }
          default -> {
            // Notes and the history.
          }
        }
      });
      xml.end();
    } catch (IOException e) {
      throw new MalformedFeedException("it can't be read: " + e.getMessage(), e);
    }
    if (!tree[0]) {
      throw new MalformedFeedException("it has no ProductTree");
    }
    for (Vulnerability each : found) {
      each.addTo(facts);
    }
  }

  /**
   * A product of Windows.
   *
   * @param system whether it is the system itself, and not .NET Framework on it
   */
  private record Product(String platform, boolean system) {
    static Optional<Product> named(String text) {
      Matcher dotNet = DOT_NET.matcher(text);
      boolean system = !dotNet.matches();
      String os = system ? text : dotNet.group(1);
      Matcher server = SERVER.matcher(os);
      String platform = server.matches() ? "WINDOWS_SERVER_" + server.group(1) : CLIENT_PLATFORM;
      return (server.matches() || CLIENT.matcher(os).matches())
              && PackageSystems.installed().find(platform).isPresent()
          ? Optional.of(new Product(platform, system))
          : Optional.empty();
    }
  }

  private static void products(String name, XmlPull xml, Map<String, Product> platforms)
      throws IOException {
    if (name.equals("Branch")) {
      xml.children(child -> products(child, xml, platforms));
    } else if (name.equals("FullProductName")) {
      String id = xml.attribute("ProductID");
      Optional<Product> product = Product.named(xml.text());
      if (id.length() <= LONGEST_ID && product.isPresent()) {
        require(platforms.size() < MOST_PRODUCTS, MOST_PRODUCTS, "products");
        platforms.put(id, product.get());
      }
    }
  }

  private static void require(boolean few, int most, String what) throws IOException {
    if (!few) {
      throw new IOException("it has more than %,d %s".formatted(most, what));
    }
  }

  /** The build of a system that fixes a CVE, and the update that brings it. */
  private record Fix(String platform, String packageName, String build, String kb) {
    boolean isEarlierThan(Fix other) {
      return Optional.of(platform)
          .flatMap(PackageSystems.installed()::find)
          .map(system -> system.family().order().compare(build, other.build()) < 0)
          .orElse(false);
    }
  }

  /** One CVE. */
  private static final class Vulnerability {
    private final XmlPull xml;
    private final Map<String, Product> platforms;
    private final Map<List<String>, Fix> fixed = new TreeMap<>(BY_NAMES);
    private final Map<String, Set<String>> kbs = new TreeMap<>();
    private final Map<String, String> severity = new HashMap<>();
    private String cve = "";

    Vulnerability(XmlPull xml, Map<String, Product> platforms) {
      this.xml = xml;
      this.platforms = platforms;
    }

    Vulnerability read() throws IOException {
      xml.children(part -> {
        switch (part) {
          case "CVE" -> cve = FeedFacts.bounded(xml.text());
          case "Threats" -> xml.children(_ -> threat());
          case "Remediations" -> xml.children(_ -> remediation());
          default -> {
            // Notes, scores, who has found it.
          }
        }
      });
      return this;
    }

    private void threat() throws IOException {
      boolean wanted = xml.attribute("Type").equals("Severity");
      Map<String, String> said = new HashMap<>();
      xml.children(name -> {
        if (wanted && (name.equals("Description") || name.equals("ProductID"))) {
          said.put(name, xml.text());
        }
      });
      Product product = platforms.get(said.getOrDefault("ProductID", ""));
      if (product != null && product.system()) {
        severity.putIfAbsent(
            product.platform(), FeedFacts.bounded(said.getOrDefault("Description", "")));
      }
    }

    /** A hotpatch is for other systems than a security update, and has another build. */
    private void remediation() throws IOException {
      boolean wanted = xml.attribute("Type").equals("Vendor Fix");
      Set<Product> named = new HashSet<>();
      Map<String, String> said = new HashMap<>();
      xml.children(name -> {
        if (wanted && name.equals("ProductID")) {
          Optional.ofNullable(platforms.get(xml.text())).ifPresent(named::add);
        } else if (wanted && List.of("FixedBuild", "SubType", "Description").contains(name)) {
          said.put(name, xml.text());
        }
      });
      if (said.getOrDefault("SubType", "").contains("Hotpatch")) {
        return;
      }
      String number = said.getOrDefault("Description", "");
      String kb = KB.matcher(number).matches() ? "KB" + number : "";
      Matcher build = FIXED.matcher(said.getOrDefault("FixedBuild", ""));
      for (Product each : named) {
        if (!each.system()) {
          kb(each.platform(), kb);
        } else if (build.matches() && isBuildOf(each.platform(), build.group(1))) {
          fix(each.platform(), build, kb);
          kb(each.platform(), kb);
        }
      }
    }

    private void kb(String platform, String kb) throws IOException {
      if (!kb.isEmpty()) {
        Set<String> known = kbs.computeIfAbsent(platform, _ -> new TreeSet<>());
        require(known.size() < MOST_KBS, MOST_KBS, "updates of one CVE");
        known.add(kb);
      }
    }

    private void fix(String platform, Matcher build, String kb) throws IOException {
      String name =
          platform.equals(CLIENT_PLATFORM)
              ? WindowsFacts.ofBuild(build.group(1))
              : WindowsFacts.SYSTEM;
      require(fixed.size() < MOST_KBS, MOST_KBS, "builds of one CVE");
      fixed.merge(
          List.of(platform, name),
          new Fix(platform, name, build.group(), kb),
          (a, b) -> b.isEarlierThan(a) ? b : a);
    }

    /** A client may have any build. */
    private static boolean isBuildOf(String platform, String base) {
      return platform.equals(CLIENT_PLATFORM)
          || PackageSystems.installed().find(platform).stream()
              .flatMap(system -> system.platforms().stream())
              .anyMatch(type -> type.isNamed(platform) && type.release().equals(base));
    }

    void addTo(FeedFacts facts) throws MalformedFeedException {
      for (Fix each : fixed.values()) {
        facts.add(
            each.platform(),
            each.packageName(),
            new Issue(
                cve,
                State.AFFECTED,
                each.build(),
                severity.getOrDefault(each.platform(), ""),
                each.kb()));
      }
      for (Map.Entry<String, Set<String>> each : kbs.entrySet()) {
        for (String kb : each.getValue()) {
          facts.add(
              each.getKey(),
              kb,
              new Issue(cve, State.AFFECTED, "", severity.getOrDefault(each.getKey(), ""), ""));
        }
      }
    }
  }
}
