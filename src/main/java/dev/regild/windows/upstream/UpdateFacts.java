package dev.regild.windows.upstream;

import dev.regild.windows.catalogue.PackageFacts;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a document. An update that an administrator sees is a bundle: it has the title,
 * the KB, and what it supersedes. Its children have the files.
 *
 * @param id of the document
 * @param type {@code Software}, {@code Driver}, {@code Category}, {@code Detectoid}
 * @param state {@code Published}, {@code Expired}
 * @param beta whether it is a preview, or optional, by its own words
 * @param created when its publisher made it, as the document has it
 * @param severity of the problems that it fixes: {@code Critical}; may be empty
 * @param kb {@code KB5035857}; may be empty
 * @param title in English; may be empty
 * @param product of an operating system's installer: {@code Server.OS.amd64}; else empty
 * @param release of the same: {@code 10.0.26100.8246}; of what can't be read, by which parser
 * @param handler the URI of what installs its files; empty of a bundle
 * @param categories the products and classifications that it is in
 * @param superseded the updates that it takes the place of
 * @param bundled its children
 * @param files that a channel may take; others are left out
 * @param described what a copy of its package's manifest says; null if it has none
 * @param drivers the devices that a driver is for
 * @param cves those that its title or description names as fixed
 * @param refusal why its package can't be taken, or why the document can't be read; empty if all is
 *     well
 */
record UpdateFacts(
    RevisionId id,
    String type,
    String state,
    boolean beta,
    String created,
    String severity,
    String kb,
    String title,
    String product,
    String release,
    String handler,
    Set<UUID> categories,
    List<UUID> superseded,
    List<RevisionId> bundled,
    List<UpdateFile> files,
    @Nullable PackageFacts described,
    List<DriverTarget> drivers,
    List<String> cves,
    String refusal) {
  /** The type of a document that is not understood. */
  static final String UNREADABLE = "Unreadable";

  UpdateFacts {
    categories = Set.copyOf(categories);
    superseded = List.copyOf(superseded);
    bundled = List.copyOf(bundled);
    files = List.copyOf(files);
    // Facts that were kept before drivers were read have none.
    drivers = drivers == null ? List.of() : List.copyOf(drivers);
    // What was stored before these were read has none.
    cves = cves == null ? List.of() : List.copyOf(cves);
  }

  /** Of a document that can't be read. */
  static UpdateFacts unreadable(RevisionId id, String why) {
    return new UpdateFacts(
        id,
        UNREADABLE,
        "",
        false,
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        Set.of(),
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(),
        List.of(),
        ServerWords.shortened(why));
  }

  /** The same, with the places of its files. */
  UpdateFacts withFiles(List<UpdateFile> placed) {
    return with(release, placed);
  }

  /** The same, of a document that a parser of that version can't read. */
  UpdateFacts readBy(String parser) {
    return with(parser, files);
  }

  private UpdateFacts with(String newRelease, List<UpdateFile> newFiles) {
    return new UpdateFacts(
        id,
        type,
        state,
        beta,
        created,
        severity,
        kb,
        title,
        product,
        newRelease,
        handler,
        categories,
        superseded,
        bundled,
        newFiles,
        described,
        drivers,
        cves,
        refusal);
  }

  /** About how many bytes of memory it takes. */
  long weight() {
    long ids = (long) categories.size() + superseded.size() + bundled.size();
    long names = (long) title.length() + product.length() + handler.length() + refusal.length();
    long words = (long) type.length() + state.length() + severity.length();
    long manifest = described == null ? 0 : 500 + 60L * described.builds().size();
    long places =
        files.stream()
            .mapToLong(file -> 200L + file.name().length() + file.microsoft().length())
            .sum();
    long devices =
        drivers.stream()
            .mapToLong(each -> 200L + each.hardwareId().length() + 100L * each.computers().size())
            .sum();
    return 500
        + devices
        + 40 * ids
        + 60L * cves.size()
        + names
        + words
        + manifest
        + created.length()
        + release.length()
        + places;
  }

  boolean isPublishedDriver() {
    return type.equals("Driver") && state.equals("Published") && !drivers.isEmpty();
  }

  boolean isPublishedBundle() {
    return type.equals("Software") && state.equals("Published") && !bundled.isEmpty();
  }
}
