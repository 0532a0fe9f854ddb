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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the security updates of a month as Microsoft's Security Response Center publishes them: a
 * CVRF 1.1 document in XML, or an archive of several. Of a CVE in a Windows Server it takes the
 * lowest build with the fix, which is the system's own version. A Windows client has several
 * builds, which have one platform here, so that no one build has the fix: it is passed over, and so
 * are products that are no part of the system.
 */
final class MsrcDocuments implements FeedReader {
  private static final Pattern SERVER =
      Pattern.compile("Windows Server (20[0-9]{2})( \\(Server Core installation\\))?");
  private static final Pattern FIXED = Pattern.compile("10\\.0\\.([0-9]{5})\\.[0-9]{1,6}");

  /** A month has some hundreds of each. */
  private static final int MOST_PRODUCTS = 10_000;

  private static final int MOST_VULNERABILITIES = 20_000;
  private static final int LONGEST_ID = 100;

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    FeedArchive.each(file, ".xml", in -> read(in, facts));
  }

  private static void read(InputStream in, FeedFacts facts)
      throws IOException, MalformedFeedException {
    List<Vulnerability> found = new ArrayList<>();
    boolean[] tree = {false};
    Map<String, String> platforms = new HashMap<>();
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

  private static void products(String name, XmlPull xml, Map<String, String> platforms)
      throws IOException {
    if (name.equals("Branch")) {
      xml.children(child -> products(child, xml, platforms));
    } else if (name.equals("FullProductName")) {
      String id = xml.attribute("ProductID");
      Matcher server = SERVER.matcher(xml.text());
      String platform = server.matches() ? "WINDOWS_SERVER_" + server.group(1) : "";
      if (id.length() <= LONGEST_ID && PackageSystems.installed().find(platform).isPresent()) {
        require(platforms.size() < MOST_PRODUCTS, MOST_PRODUCTS, "products");
        platforms.put(id, platform);
      }
    }
  }

  private static void require(boolean few, int most, String what) throws IOException {
    if (!few) {
      throw new IOException("it has more than %,d %s".formatted(most, what));
    }
  }

  /** One CVE. */
  private static final class Vulnerability {
    private final XmlPull xml;
    private final Map<String, String> platforms;
    private final Map<String, String> fixed = new HashMap<>();
    private final Map<String, String> severity = new HashMap<>();
    private String cve = "";

    Vulnerability(XmlPull xml, Map<String, String> platforms) {
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
      String platform = platforms.get(said.getOrDefault("ProductID", ""));
      if (platform != null) {
        severity.putIfAbsent(platform, FeedFacts.bounded(said.getOrDefault("Description", "")));
      }
    }

    /** A hotpatch is for other systems than a security update, and has another build. */
    private void remediation() throws IOException {
      boolean wanted = xml.attribute("Type").equals("Vendor Fix");
      Set<String> named = new HashSet<>();
      Map<String, String> said = new HashMap<>();
      xml.children(name -> {
        if (wanted && name.equals("ProductID")) {
          Optional.ofNullable(platforms.get(xml.text())).ifPresent(named::add);
        } else if (wanted && (name.equals("FixedBuild") || name.equals("SubType"))) {
          said.put(name, xml.text());
        }
      });
      Matcher build = FIXED.matcher(said.getOrDefault("FixedBuild", ""));
      if (!build.matches() || said.getOrDefault("SubType", "").contains("Hotpatch")) {
        return;
      }
      for (String platform : named) {
        if (isBuildOf(platform, build.group(1))) {
          fixed.merge(platform, build.group(), (a, b) -> isEarlier(platform, a, b) ? a : b);
        }
      }
    }

    private static boolean isBuildOf(String platform, String base) {
      return PackageSystems.installed().find(platform).stream()
          .flatMap(system -> system.platforms().stream())
          .anyMatch(type -> type.isNamed(platform) && type.release().equals(base));
    }

    private static boolean isEarlier(String platform, String one, String other) {
      return Optional.of(platform)
          .flatMap(PackageSystems.installed()::find)
          .map(system -> system.family().order().compare(one, other) <= 0)
          .orElse(true);
    }

    void addTo(FeedFacts facts) throws MalformedFeedException {
      for (Map.Entry<String, String> each : fixed.entrySet()) {
        facts.add(
            each.getKey(),
            WindowsFacts.SYSTEM,
            new Issue(
                cve,
                State.AFFECTED,
                each.getValue(),
                severity.getOrDefault(each.getKey(), ""),
                ""));
      }
    }
  }
}
