package dev.regild.windows.catalogue;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One package of a Windows catalogue. A file with several drivers has an entry for each.
 *
 * @param fileName of its file, unique in the catalogue: letters, digits, dots, hyphens and
 *     underscores
 * @param size of its file, in bytes
 * @param sha256 of its file, in lower-case hexadecimal
 * @param checkpoint true of an update that later ones of its build must have beside them, unless it
 *     is installed; else null
 */
public record CatalogueEntry(
    PackageFacts facts,
    String fileName,
    long size,
    String sha256,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean checkpoint) {
  /** One that no other needs beside it. */
  CatalogueEntry(PackageFacts facts, String fileName, long size, String sha256) {
    this(facts, fileName, size, sha256, null);
  }

  /** The same as a checkpoint, or not. */
  CatalogueEntry asCheckpoint(boolean is) {
    return new CatalogueEntry(facts, fileName, size, sha256, is ? true : null);
  }

  boolean isCheckpoint() {
    return Boolean.TRUE.equals(checkpoint);
  }

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
