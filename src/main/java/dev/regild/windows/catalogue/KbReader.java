package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.PackageArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a KB: a {@code .cab}, or a {@code .msu} that contains one. A {@code .msu} is a cabinet or,
 * in its newer form, a WIM. If it also contains a servicing stack, it counts as one KB, because
 * Windows installs both.
 */
final class KbReader {
  private static final int MOST_PARTS = 32;

  private static final Pattern PROPERTIES = Pattern.compile("(?i).*pkgproperties(_psfx)?[.]txt");

  private static final Pattern PROPERTY = Pattern.compile("(?m)^([^=\"\r\n]+)=\"([^\"\r\n]*)\"");

  private KbReader() {}

  /**
   * @param work an empty directory for what has to be unpacked
   * @throws ArchiveException if it is not a KB, or can't be read
   */
  static PackageFacts read(Path file, Path work)
      throws ArchiveException, IOException, InterruptedException {
    PackageArchive archive = PackageArchive.open(file);
    if (archive.members().contains(KbManifest.FILE)) {
      return facts(manifest(archive));
    }
    List<KbManifest> parts = parts(archive, work);
    Comparator<KbManifest> mainFirst =
        Comparator.comparing((KbManifest part) -> !part.isKb())
            .thenComparing(KbManifest::isServicingStack)
            .thenComparing(KbManifest::isForRecovery);
    KbManifest main =
        parts.stream()
            .min(mainFirst)
            .orElseThrow(() ->
                new ArchiveException(
                    "it contains no update.mum and no package with one, so it is not an update of"
                        + " Windows; a driver is added as its folder or as a zip"));
    return completed(facts(main), archive);
  }

  private static PackageFacts facts(KbManifest manifest) throws ArchiveException {
    if (!manifest.isKb()) {
      throw new ArchiveException(
          "it is "
              + manifest.name()
              + ", a feature or language and not an update; install it in the image, then"
              + " import the image");
    }
    if (manifest.isForRecovery()) {
      throw new ArchiveException(
          "it is "
              + manifest.name()
              + ", which updates the recovery environment, not a running Windows; add the"
              + " cumulative update instead");
    }
    return manifest.facts();
  }

  private static List<KbManifest> parts(PackageArchive archive, Path work)
      throws ArchiveException, IOException, InterruptedException {
    List<KbManifest> parts = new ArrayList<>();
    int unpacked = 0;
    for (String member : archive.members()) {
      if (!KbMember.isPackage(member)) {
        continue;
      }
      if (++unpacked > MOST_PARTS) {
        throw new ArchiveException("it holds more than " + MOST_PARTS + " packages");
      }
      Path part = archive.unpack(member, work);
      try {
        PackageArchive inner = PackageArchive.open(part);
        if (inner.members().contains(KbManifest.FILE)) {
          parts.add(manifest(inner));
        }
      } catch (ArchiveException e) {
        throw new ArchiveException(member + " in it: " + e.getMessage(), e);
      } finally {
        Files.deleteIfExists(part);
      }
    }
    return parts;
  }

  private static KbManifest manifest(PackageArchive archive)
      throws ArchiveException, InterruptedException {
    try {
      return KbManifest.parse(archive.text(KbManifest.FILE));
    } catch (IOException e) {
      throw new ArchiveException("its update.mum can't be read: " + e.getMessage(), e);
    }
  }

  /** What the manifest leaves open may be in the {@code .msu}'s own properties. */
  private static PackageFacts completed(PackageFacts facts, PackageArchive archive)
      throws ArchiveException, InterruptedException {
    PackageFacts result = facts;
    for (String member : archive.members()) {
      if (!PROPERTIES.matcher(member).matches()) {
        continue;
      }
      Matcher property = PROPERTY.matcher(archive.text(member));
      while (property.find()) {
        String value = property.group(2);
        switch (property.group(1).strip()) {
          case "KB Article Number" -> {
            if (result.kb().isEmpty() && value.matches("[0-9]{4,8}")) {
              result = result.withKb("KB" + value);
            }
          }
          case "Processor Architecture" -> {
            if (result.architecture().isEmpty()) {
              result = result.withArchitecture(architecture(value));
            }
          }
          default -> {
            // Dates, links, and products in words.
          }
        }
      }
    }
    return result;
  }

  /** The properties say x64 where manifests say amd64. */
  private static String architecture(String value) {
    String said = value.strip().toLowerCase(Locale.ROOT);
    return said.equals("x64") ? "amd64" : said;
  }
}
