package dev.regild.rpm;

import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.CveItems;
import dev.regild.insight.NamedCve;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.Purl;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.PackageVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The changelogs and package URLs of rpms. */
final class RpmNotes implements PackageNotes {
  /**
   * The version at the end of an entry's name: {@code Jane <jane@example.org> - 1:1.1.1k-9}, {@code
   * [4.18.0-553]}.
   */
  private static final Pattern VERSION =
      Pattern.compile(
          ".*[\\s\\[]-?((?:\\d{1,9}:)?\\d[\\w.+~^]{0,100}(?:-[\\w.+~^]{1,100})?)\\]?\\s*");

  private static final Pattern KERNEL =
      Pattern.compile("kernel(?:-rt|-uek|-debug|-64k)?|kernel\\d.*");
  private static final int MOST_CHARACTERS = 32 << 20;

  /** An entry with a longer name has no version. */
  private static final int LONGEST_NAME = 1000;

  /**
   * Vendors by the beginning of the platform's name. Syft, and grype with it, spells them as {@code
   * ID} of the system's os-release has them, Trivy in its own way.
   */
  private static final Map<String, List<String>> VENDORS =
      Map.of(
          "AMAZON", List.of("amazon", "amzn"),
          "RHEL", List.of("redhat"),
          "ROCKY", List.of("rocky"),
          "ALMA", List.of("almalinux", "alma"),
          "ORACLE", List.of("oracle", "ol"),
          "CENTOS", List.of("centos"));

  @Override
  public Optional<Changelog> changelog(Path file) throws IOException {
    RpmHeader header = RpmHeader.read(file);
    String name = header.text(RpmHeader.NAME);
    if (name.isEmpty()) {
      throw new IOException("its header has no name");
    }
    String version =
        RpmVersion.of(
            header.text(RpmHeader.EPOCH),
            header.text(RpmHeader.VERSION),
            header.text(RpmHeader.RELEASE));
    SourceRpm source = SourceRpm.of(header.text(RpmHeader.SOURCERPM));
    List<String> names = header.texts(RpmHeader.CHANGELOG_NAME);
    List<String> texts = header.texts(RpmHeader.CHANGELOG_TEXT);
    if (names.isEmpty() || names.size() != texts.size()) {
      String why = names.isEmpty() ? "it has no changelog" : "its changelog is damaged";
      return Optional.of(Changelog.unreadable(name, version, source.name(), why));
    }
    return Optional.of(changelog(name, version, source, names, texts));
  }

  /** An rpm's changelog never counts as whole, because builders cut it without saying so. */
  private static Changelog changelog(
      String name, String version, SourceRpm source, List<String> names, List<String> texts) {
    List<ChangelogEntry> entries = new ArrayList<>();
    String problem = "";
    // An entry that does not say its version belongs to the one before it, which is later.
    String last = version;
    long characters = 0;
    int named = 0;
    for (int i = 0; i < names.size() && problem.isEmpty(); i++) {
      last = version(names.get(i)).orElse(last);
      characters += texts.get(i).length();
      CveItems items = characters > MOST_CHARACTERS ? new CveItems() : items(texts.get(i), named);
      List<NamedCve> cves = items.named();
      named += items.count();
      if (characters > MOST_CHARACTERS || named > CveItems.MOST_IN_A_CHANGELOG) {
        problem = "its changelog is too long; its first %d entries were read".formatted(i);
      } else if (!cves.isEmpty()) {
        entries.add(new ChangelogEntry("", last, cves));
      }
    }
    ChangelogEntry oldest = new ChangelogEntry("", last, List.of());
    return new Changelog(
        name, version, source.name(), source.version(), "", problem, oldest, false, entries);
  }

  /** Returns the CVEs of an entry, up to the limit for the whole changelog. */
  private static CveItems items(String text, int namedBefore) {
    CveItems items = new CveItems();
    for (String line : (Iterable<String>) text.lines()::iterator) {
      if (namedBefore + items.count() > CveItems.MOST_IN_A_CHANGELOG) {
        break;
      }
      items.line(line);
    }
    return items;
  }

  private static Optional<String> version(String name) {
    Matcher said = VERSION.matcher(name.length() > LONGEST_NAME ? "" : name);
    return said.matches() ? Optional.of(said.group(1)) : Optional.empty();
  }

  /** Compares only the parts that both have: some authors leave out the epoch or the release. */
  @Override
  public boolean isLater(ChangelogEntry entry, InstalledPackage installed) {
    String base =
        installed
            .origin()
            .map(PackageOrigin::sourceVersion)
            .filter(version -> !version.isEmpty() && !entry.version().contains(":"))
            .orElse(installed.version());
    return RpmVersion.compare(comparable(entry.version(), base), comparable(base, entry.version()))
        > 0;
  }

  /** Returns the version without the parts that the other one lacks. */
  private static String comparable(String version, String other) {
    String sameEpoch = other.contains(":") ? version : version.replaceFirst("^\\d+:", "");
    return other.contains("-") ? sameEpoch : sameEpoch.replaceFirst("-[^-]*$", "");
  }

  @Override
  public boolean isKernel(String source) {
    return KERNEL.matcher(source).matches();
  }

  /** Returns the source, to whose version the name of its file gives no epoch, and the package. */
  @Override
  public List<PackageVersion> vendorNames(InstalledPackage each) {
    PackageVersion own = new PackageVersion(each.name(), each.version());
    PackageOrigin origin = each.origin().orElse(PackageOrigin.UNDESCRIBED);
    if (origin.source().isEmpty() || origin.source().equals(each.name())) {
      return List.of(own);
    }
    int colon = each.version().indexOf(':');
    String epoch = colon < 0 ? "" : each.version().substring(0, colon + 1);
    return List.of(new PackageVersion(origin.source(), epoch + origin.sourceVersion()), own);
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    return purls(os, each).getFirst();
  }

  @Override
  public List<Purl> purls(OperatingSystem os, InstalledPackage each) {
    return VENDORS.entrySet().stream()
        .filter(known -> os.platform().startsWith(known.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(List.of(""))
        .stream()
        .map(vendor -> purl(os, vendor, each))
        .toList();
  }

  private static Purl purl(OperatingSystem os, String vendor, InstalledPackage each) {
    int epoch = each.version().indexOf(':');
    return new Purl("rpm", vendor, each.name(), each.version().substring(epoch + 1))
        .with("arch", each.architecture())
        .with("epoch", epoch < 0 ? "" : each.version().substring(0, epoch))
        .with("distro", vendor.isEmpty() ? "" : vendor + "-" + os.version());
  }
}
