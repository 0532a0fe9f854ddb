package dev.regild.windows.upstream;

import dev.regild.files.XmlPull;
import dev.regild.windows.catalogue.KbManifest;
import dev.regild.windows.catalogue.PackageFacts;
import dev.regild.windows.catalogue.SecurityWords;
import dev.regild.windows.registry.WindowsVersion;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the document of an update ({@code http://schemas.microsoft.com/msus/2002/12/Update}), whose
 * rules on applicability may be tens of megabytes: only what a selection needs is kept. The rules
 * are not evaluated, because a system that runs has installers that decide.
 */
final class UpdateDocument {
  private static final int MOST_IDS = 20_000;
  private static final int MOST_FILES = 5_000;
  private static final int MOST_BUILDS = 100;
  private static final int LONGEST_TITLE = 300;
  private static final int LONGEST_DESCRIPTION = 16 << 10;

  /** Characters; the longest lists of files have a few hundred thousand. */
  private static final int MOST_TEXT = 1 << 20;

  private static final long LARGEST_FILE = 64L << 30;
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9}){0,3}");
  private static final String ENGLISH = "en";

  /** Of updates that are the same in each language (MS-WSUSSS, 2.2.5.2). */
  private static final Set<String> ANY_LANGUAGE = Set.of("all", "neutrallanguage");

  private static final Pattern SEVERITY = Pattern.compile("[A-Za-z]{1,20}");
  private static final Pattern SCORE = Pattern.compile("[0-9A-Fa-f]{1,2}");

  /** {@code amd64.10.0}; older drivers name systems of one architecture by numbers alone. */
  private static final Pattern SYSTEM = Pattern.compile("(?i)(amd64|arm64|x86)\\..*");

  private final XmlPull xml;
  private final Set<UUID> categories = new LinkedHashSet<>();
  private final List<UUID> superseded = new ArrayList<>();
  private final List<RevisionId> bundled = new ArrayList<>();
  private final List<UpdateFile> files = new ArrayList<>();
  private final List<DriverTarget> drivers = new ArrayList<>();
  private @Nullable RevisionId id;
  private String type = "";
  private String state = "";
  private boolean beta;
  private String created = "";
  private String severity = "";
  private String kb = "";
  private String title = "";
  private String product = "";
  private String release = "";
  private String handler = "";
  private @Nullable PackageFacts described;
  private SecurityWords words = SecurityWords.NONE;
  private String refusal = "";
  private int textKept;

  private UpdateDocument(XmlPull xml) {
    this.xml = xml;
  }

  /**
   * Reads a document.
   *
   * @throws IOException if it is malformed, passes a limit, or is not the document of an update
   */
  static UpdateFacts read(Reader document) throws IOException {
    try (XmlPull xml = XmlPull.open(document)) {
      return new UpdateDocument(xml).read();
    } catch (IllegalArgumentException e) {
      throw new IOException("a value in it can't be used: " + e.getMessage(), e);
    }
  }

  private UpdateFacts read() throws IOException {
    if (!xml.root().equals("Update")) {
      throw new IOException("it is not the document of an update");
    }
    xml.children(name -> {
      switch (name) {
        case "UpdateIdentity" -> id = revision();
        case "Properties" -> properties();
        case "LocalizedPropertiesCollection" -> xml.children(_ -> localized());
        case "Relationships" -> relationships();
        case "ApplicabilityRules" -> rules();
        case "Files" -> xml.children(this::file);
        default -> {
          // What its handler is told, and what is for a user.
        }
      }
    });
    xml.end();
    RevisionId known = id;
    if (known == null) {
      throw new IOException("it has no UpdateIdentity");
    }
    return new UpdateFacts(
        known,
        type,
        state,
        beta,
        created,
        severity,
        kb,
        title,
        product,
        release,
        handler,
        categories,
        superseded,
        bundled,
        files,
        described,
        drivers,
        words.cves(),
        refusal);
  }

  /** Returns an attribute that is kept, in memory and on the disk. */
  private String kept(String attribute) throws IOException {
    String value = xml.attribute(attribute);
    count(value);
    return value;
  }

  private void count(String text) throws IOException {
    textKept += text.length();
    if (textKept > MOST_TEXT) {
      throw new IOException("it has more than 1 MiB of names");
    }
  }

  private RevisionId revision() throws IOException {
    return new RevisionId(updateId(), Integer.parseInt(xml.attribute("RevisionNumber")));
  }

  private UUID updateId() throws IOException {
    return UUID.fromString(xml.attribute("UpdateID"));
  }

  private void properties() throws IOException {
    type = kept("UpdateType");
    state = kept("PublicationState");
    beta = xml.attribute("IsBeta").equals("true") || xml.attribute("BrowseOnly").equals("true");
    created = kept("CreationDate");
    String rated = xml.attribute("MsrcSeverity");
    severity = SEVERITY.matcher(rated).matches() ? rated : "";
    product = kept("ProductName");
    release = kept("ReleaseVersion");
    handler = kept("Handler");
    xml.children(name -> {
      if (name.equals("KBArticleID")) {
        String number = xml.text();
        kb = number.matches("[0-9]{4,8}") ? "KB" + number : "";
      }
    });
  }

  /** Each language has an element of its own, which names it before its title. */
  private void localized() throws IOException {
    String[] language = {""};
    xml.children(name -> {
      switch (name) {
        case "Language" -> language[0] = xml.text().toLowerCase(Locale.ROOT);
        case "Title" -> {
          if (isRead(language[0])) {
            title(xml.text(), language[0].equals(ENGLISH));
          }
        }
        case "Description" -> {
          if (isRead(language[0])) {
            description();
          }
        }
        default -> {
          // Links.
        }
      }
    });
  }

  private static boolean isRead(String language) {
    return language.equals(ENGLISH) || ANY_LANGUAGE.contains(language);
  }

  private void title(String text, boolean english) {
    if (english || title.isEmpty()) {
      title = text.substring(0, Math.min(LONGEST_TITLE, text.length()));
    }
    words = words.and(SecurityWords.of("", text));
  }

  /** The end of a long one does not count. */
  private void description() throws IOException {
    StringBuilder text = new StringBuilder();
    xml.text((characters, start, length) ->
        text.append(characters, start, Math.min(length, LONGEST_DESCRIPTION - text.length())));
    words = words.and(SecurityWords.of("", text.toString()));
  }

  private void relationships() throws IOException {
    xml.children(name -> {
      switch (name) {
        case "SupersededUpdates" -> xml.children(_ -> add(superseded, updateId()));
        case "Prerequisites" -> xml.children(this::prerequisite);
        case "BundledUpdates" -> xml.children(this::bundled);
        default -> {
          // What else an update may have to do with.
        }
      }
    });
  }

  private static <T> void add(List<T> list, T one) throws IOException {
    if (list.size() >= MOST_IDS) {
      throw new IOException("it names more than " + MOST_IDS + " updates");
    }
    list.add(one);
  }

  /** A product or a classification stands in a clause of its own. */
  private void prerequisite(String name) throws IOException {
    if (name.equals("AtLeastOne") && xml.attribute("IsCategory").equals("true")) {
      xml.children(_ -> {
        if (categories.size() < MOST_IDS) {
          categories.add(updateId());
        }
      });
    }
  }

  private void bundled(String name) throws IOException {
    if (name.equals("AtLeastOne")) {
      xml.children(_ -> add(bundled, revision()));
    } else {
      add(bundled, revision());
    }
  }

  /** Of express, delta and other payloads nothing is kept. */
  private void file(String name) throws IOException {
    String file = xml.attribute("FileName");
    String lower = file.toLowerCase(Locale.ROOT);
    boolean wanted =
        name.equals("File")
            && isComplete(xml.attribute("PatchingType"))
            && (lower.endsWith(".msu") || (lower.endsWith(".cab") && !isPart(lower)));
    if (!wanted) {
      return;
    }
    count(file);
    long size = Long.parseLong(xml.attribute("Size"));
    String sha1 = xml.attribute("Digest");
    if (size <= 0 || size > LARGEST_FILE || Base64.getDecoder().decode(sha1).length != 20) {
      throw new IOException("its file " + file + " has an impossible size or digest");
    }
    String[] sha256 = {""};
    xml.children(child -> {
      if (child.equals("AdditionalDigest") && xml.attribute("Algorithm").equals("SHA256")) {
        byte[] digest = Base64.getDecoder().decode(xml.text());
        if (digest.length != 32) {
          throw new IOException("its file " + file + " has an impossible digest");
        }
        sha256[0] = HexFormat.of().formatHex(digest);
      }
    });
    if (files.size() >= MOST_FILES) {
      throw new IOException("it has more than " + MOST_FILES + " files");
    }
    files.add(new UpdateFile(file, size, sha1, sha256[0], ""));
  }

  /** The schema's own word for a file that says nothing, as those of drivers. */
  private static boolean isComplete(String patchingType) {
    return patchingType.isEmpty() || patchingType.equals("SelfContained");
  }

  private static boolean isPart(String file) {
    return file.contains("express") || file.contains("baseless") || file.contains("delta");
  }

  /**
   * Of the rules only a copy of a package's manifest counts, the first that is of a KB; and the
   * devices of a driver.
   */
  private void rules() throws IOException {
    xml.children(part -> {
      if (part.equals("Metadata")) {
        xml.children(form -> {
          if (form.equals("CbsPackageApplicabilityMetadata")) {
            xml.children(child -> {
              if (child.equals("assembly") && described == null) {
                manifest();
              }
            });
          } else if (form.equals("WindowsDriverMetaData")) {
            driver();
          }
        });
      }
    });
  }

  private void driver() throws IOException {
    String hardwareId = kept("HardwareID").toUpperCase(Locale.ROOT);
    String date = xml.attribute("DriverVerDate");
    String version = xml.attribute("DriverVerVersion");
    if (!DATE.matcher(date).matches() || !VERSION.matcher(version).matches()) {
      throw new IOException("its driver has the impossible version " + date + " " + version);
    }
    Map<String, Integer> scores = new TreeMap<>();
    Set<String> distributed = new TreeSet<>();
    Set<String> targeted = new TreeSet<>();
    xml.children(name -> {
      switch (name) {
        case "FeatureScore" -> {
          Matcher system = SYSTEM.matcher(xml.attribute("OperatingSystem"));
          Matcher score = SCORE.matcher(xml.attribute("FeatureScore"));
          if (system.matches() && score.matches()) {
            scores.merge(
                system.group(1).toLowerCase(Locale.ROOT),
                Integer.parseInt(score.group(), 16),
                Math::min);
          }
        }
        case "DistributionComputerHardwareId" -> distributed.add(computer());
        case "TargetComputerHardwareId" -> targeted.add(computer());
        default -> {
          // Who may replace it.
        }
      }
    });
    Set<String> computers = new TreeSet<>(distributed.isEmpty() ? targeted : distributed);
    if (!targeted.isEmpty()) {
      computers.retainAll(targeted);
    }
    boolean forNobody = computers.isEmpty() && !distributed.isEmpty();
    if (!forNobody) {
      add(
          drivers,
          new DriverTarget(hardwareId, WindowsVersion.ofDriver(date, version), scores, computers));
    }
  }

  /** The hardware id of a computer, in the form that inventories have. */
  private String computer() throws IOException {
    String id = UUID.fromString(xml.text()).toString();
    count(id);
    return id;
  }

  private void manifest() throws IOException {
    Manifest manifest = new Manifest();
    int before = textKept;
    xml.children(name -> {
      switch (name) {
        case "assemblyIdentity" -> {
          manifest.name = kept("name");
          manifest.version = kept("version");
          manifest.architecture = kept("processorArchitecture");
        }
        case "package" -> {
          manifest.identifier = kept("identifier");
          manifest.releaseType = kept("releaseType");
          xml.children(child -> {
            if (child.equals("parent")) {
              xml.children(parent -> parent(manifest, parent));
            }
          });
        }
        default -> {
          // The parts of the KB.
        }
      }
    });
    // There may be thousands, of which one is kept.
    textKept = before;
    KbManifest read = manifest.read();
    if (!read.isKb()) {
      refusal = "it is " + read.name() + ", a feature or a language";
    } else if (read.isForRecovery()) {
      refusal = "it is " + read.name() + ", which is for the recovery environment";
    } else {
      described = read.facts();
      refusal = "";
    }
  }

  private void parent(Manifest manifest, String element) throws IOException {
    if (element.equals("assemblyIdentity") && manifest.parents.size() < MOST_FILES) {
      manifest.parents.add(kept("name"));
      Optional<String> build = KbManifest.build(xml.attribute("version"));
      build.ifPresent(manifest.builds::add);
      if (manifest.builds.size() > MOST_BUILDS) {
        throw new IOException("it is for more than " + MOST_BUILDS + " builds");
      }
    }
  }

  private static final class Manifest {
    private final Set<String> parents = new LinkedHashSet<>();
    private final Set<String> builds = new LinkedHashSet<>();
    private String name = "";
    private String version = "";
    private String architecture = "";
    private String identifier = "";
    private String releaseType = "";

    /** What it says is in the document's own description. */
    KbManifest read() {
      return new KbManifest(
          name,
          version,
          architecture.toLowerCase(Locale.ROOT),
          identifier,
          releaseType,
          parents,
          builds,
          SecurityWords.NONE);
    }
  }
}
