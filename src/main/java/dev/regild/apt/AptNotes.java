package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.Purl;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.PackageVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The changelogs and package URLs of Debian and Ubuntu packages. */
final class AptNotes implements PackageNotes {
  private static final Pattern KERNEL =
      Pattern.compile("linux(?:-signed)?(?:-(?!firmware|base|atm|minidisc|wlan|ftpd|apfs).*)?");

  private static final int LARGEST_CONTROL = 1 << 20;
  private static final Pattern OTHER =
      Pattern.compile("(?:(?:\\.\\./)*|/usr/share/doc/)([a-z0-9][a-z0-9+.-]+)(?:/changelog[^/]*)?");

  private static final List<String> SIGNED_ARCHITECTURES = List.of("amd64", "arm64", "i386");

  /**
   * Debian's end with an architecture, after the version of a newer kernel for an old release;
   * Ubuntu's end with a flavour: {@code linux-signed-amd64}, {@code linux-signed-6.1-amd64}, {@code
   * linux-signed-aws}.
   */
  private static final Pattern SIGNED_KERNEL =
      Pattern.compile(
          "linux-signed((?:-[a-z0-9.-]+?)??)(?:-(?:%s))?"
              .formatted(String.join("|", SIGNED_ARCHITECTURES)));

  private static final String DOCUMENTS = "usr/share/doc/";

  @Override
  public Optional<Changelog> changelog(Path file) throws IOException {
    Reading reading = new Reading();
    DebFile.walk(file, reading);
    return Optional.of(reading.changelog());
  }

  /**
   * Compares the entry with the installed source version, which lacks a rebuild's {@code +b1}. The
   * changelog of a signed kernel has entries of two sources: {@code linux-signed-amd64 (6.1.192+3)}
   * before {@code linux (6.1.192-2)}. The latter are compared with the version of the binary, which
   * is the version of the kernel that was signed.
   */
  @Override
  public boolean isLater(ChangelogEntry entry, InstalledPackage installed) {
    String binary = SourcePackage.withoutRebuild(installed.version());
    String base =
        installed
            .origin()
            .filter(origin -> origin.source().equals(entry.source()))
            .map(PackageOrigin::sourceVersion)
            .orElse(binary);
    return DebianVersion.ORDER.compare(entry.version(), base) > 0;
  }

  @Override
  public boolean isKernel(String source) {
    return KERNEL.matcher(source).matches();
  }

  /**
   * Returns the source. A kernel's signed binary is of a source of its own, with a version of its
   * own; vendors speak of the source that was signed, whose version the binary has.
   */
  @Override
  public List<PackageVersion> vendorNames(InstalledPackage each) {
    PackageOrigin origin = each.origin().orElse(PackageOrigin.UNDESCRIBED);
    String binary = SourcePackage.withoutRebuild(each.version());
    Matcher signed = SIGNED_KERNEL.matcher(origin.source());
    if (signed.matches()) {
      return List.of(new PackageVersion("linux" + signed.group(1), binary));
    }
    return List.of(
        origin.source().isEmpty()
            ? new PackageVersion(each.name(), binary)
            : new PackageVersion(origin.source(), origin.sourceVersion()));
  }

  @Override
  public List<String> namesOf(String vendorName) {
    if (!isKernel(vendorName)) {
      return List.of(vendorName);
    }
    String signed = vendorName.replaceFirst("^linux", "linux-signed");
    return Stream.concat(
            Stream.of(vendorName, signed),
            SIGNED_ARCHITECTURES.stream().map(each -> signed + "-" + each))
        .toList();
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    boolean ubuntu = os.platform().startsWith("UBUNTU");
    String vendor = ubuntu ? "ubuntu" : "debian";
    String release = os.version().replaceFirst(ubuntu ? "^(\\d+\\.\\d+).*" : "^(\\d+).*", "$1");
    return new Purl("deb", vendor, each.name().toLowerCase(Locale.ROOT), each.version())
        .with("arch", each.architecture())
        .with("distro", vendor + "-" + release);
  }

  /** Reads a package until the changelog is found, or cannot follow any more. */
  private static final class Reading implements DebFile.Visitor {
    private String name = "";
    private String version = "";
    private SourcePackage source = new SourcePackage("", "");
    private String sharedWith = "";

    /** The upstream project's changelog, or the only one of a native package. */
    private Optional<DebChangelog> plain = Optional.empty();

    private Optional<DebChangelog> debian = Optional.empty();

    @Override
    public boolean visit(String tar, String path, String link, InputStream content)
        throws IOException {
      if (tar.equals("control")) {
        if (path.equals("control")) {
          control(content);
        }
        return true;
      }
      // Packages list their files in order, but dpkg-deb puts all symbolic links after them.
      boolean past = path.compareTo(DOCUMENTS + "\uffff") > 0;
      if (past && plain.filter(each -> each.problem().isEmpty()).isPresent()) {
        return false;
      }
      return !path.startsWith(DOCUMENTS) || document(path, link, content);
    }

    private void control(InputStream content) throws IOException {
      String field = "";
      for (String line : new String(content.readNBytes(LARGEST_CONTROL), UTF_8).lines().toList()) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        if (line.startsWith("Package:")) {
          name = value;
        } else if (line.startsWith("Version:")) {
          version = value;
        } else if (line.startsWith("Source:")) {
          field = value;
        }
      }
      source = SourcePackage.of(field, name, version);
    }

    private boolean document(String path, String link, InputStream content) {
      String below = path.substring(DOCUMENTS.length());
      if (!link.isEmpty()) {
        boolean ours = below.equals(name) || below.startsWith(name + "/changelog");
        if (ours && sharedWith.isEmpty()) {
          sharedWith = otherPackage(below, link);
        }
      } else if (below.endsWith("/changelog.Debian.gz")) {
        debian = Optional.of(DebChangelog.read(content));
      } else if (below.equals(name + "/changelog.gz")) {
        plain = Optional.of(DebChangelog.read(content));
      }
      return debian.isEmpty();
    }

    /** {@code ../gcc-12-base/changelog.Debian.gz} as well as {@code gcc-12-base}. */
    private String otherPackage(String below, String link) {
      Matcher other = OTHER.matcher(link);
      boolean elsewhere = below.equals(name) || link.startsWith("/") || link.startsWith("../");
      return elsewhere && other.matches() ? other.group(1) : "";
    }

    private Changelog changelog() throws IOException {
      if (name.isEmpty() || version.isEmpty()) {
        throw new IOException("it has no control file");
      }
      Optional<DebChangelog> read = debian.or(() -> plain);
      boolean found = read.filter(each -> !each.oldest().version().isEmpty()).isPresent();
      String problem =
          !found && !sharedWith.isEmpty()
              ? ""
              : read.map(DebChangelog::problem).orElse("it has no changelog");
      return new Changelog(
          name,
          version,
          source.name(),
          source.version(),
          found ? "" : sharedWith,
          problem,
          read.map(DebChangelog::oldest).orElse(ChangelogEntry.NONE),
          read.map(DebChangelog::whole).orElse(false),
          read.map(DebChangelog::entries).orElse(List.of()));
    }
  }
}
