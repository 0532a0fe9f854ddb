package dev.regild.rpm;

import dev.regild.channel.Kept;
import dev.regild.files.XmlScanner;
import dev.regild.plan.Advisory;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One advisory of a repository's updateinfo index.
 *
 * @param packages the versions that bring it
 */
public record UpdateinfoEntry(Advisory advisory, List<Fixed> packages) {
  public UpdateinfoEntry {
    packages = List.copyOf(packages);
  }

  /** One package, at the version that brings the advisory's changes. */
  record Fixed(String name, String version, String architecture) {}

  /** Is given each advisory as it is read. */
  public interface Visitor {
    void visit(UpdateinfoEntry each) throws IOException;
  }

  /**
   * Reads an updateinfo index, one advisory after the other.
   *
   * @param updateinfo uncompressed, its SHA-256 verified
   * @throws IOException if it is malformed
   */
  public static void readAll(InputStream updateinfo, Visitor visitor) throws IOException {
    XmlScanner.scan(updateinfo, new Reading(visitor));
  }

  private static final class Reading implements XmlScanner.Visitor {
    private final Visitor visitor;
    private final List<String> cves = new ArrayList<>();
    private final List<Fixed> packages = new ArrayList<>();

    /** Of all entries together. */
    private final Kept kept = new Kept("packages and references in advisories", 1_000_000);

    private String id = "";
    private String type = "";
    private String severity = "";

    Reading(Visitor visitor) {
      this.visitor = visitor;
    }

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      switch (path) {
        case "updates/update" -> {
          type = element.attribute("type");
          id = "";
          severity = "";
          cves.clear();
          packages.clear();
        }
        case "updates/update/id" -> id = element.text();
        case "updates/update/severity" -> severity = element.text();
        case "updates/update/references/reference" -> {
          if (element.attribute("type").equals("cve")) {
            kept.add(1);
            cves.add(element.attribute("id"));
          }
        }
        case "updates/update/pkglist/collection/package" -> {
          kept.add(1);
          packages.add(
              new Fixed(
                  element.attribute("name"),
                  RpmVersion.of(
                      element.attribute("epoch"),
                      element.attribute("version"),
                      element.attribute("release")),
                  element.attribute("arch")));
        }
        default -> {
          // Titles, descriptions, dates.
        }
      }
    }

    @Override
    public void end(String path) throws IOException {
      if (path.equals("updates/update")) {
        visitor.visit(new UpdateinfoEntry(new Advisory(id, type, severity, cves), packages));
      }
    }
  }
}
