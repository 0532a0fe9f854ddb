package dev.regild.windows.catalogue;

import java.util.List;
import java.util.Optional;

/**
 * One package of a Windows catalogue. A file with several drivers has an entry for each.
 *
 * @param fileName of its file, unique in the catalogue: letters, digits, dots, hyphens and
 *     underscores
 * @param size of its file, in bytes
 * @param sha256 of its file, in lower-case hexadecimal
 */
public record CatalogueEntry(PackageFacts facts, String fileName, long size, String sha256) {
  /**
   * The package that makes this one needless: a newer one of its name, for all of its builds or
   * devices.
   *
   * @param entries of its catalogue
   */
  public Optional<CatalogueEntry> supersededBy(List<CatalogueEntry> entries) {
    return WindowsCatalogue.superseding(this, entries);
  }
}
