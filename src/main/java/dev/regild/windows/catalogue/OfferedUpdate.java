package dev.regild.windows.catalogue;

import java.util.List;

/**
 * An update that a server offers, as a snapshot has it.
 *
 * @param id of the update and its revision, for its server
 * @param title in English
 * @param severity of the problems that it fixes: {@code Critical}; may be empty
 * @param created when it was published
 * @param facts as its metadata has them; its file has to say the same
 * @param exact whether {@code facts} is a copy of the file's own manifest; else only KB,
 *     architecture and resulting build are known
 * @param file that installs it
 * @param checkpoints files that must lie beside it, unless they are installed already
 * @param superseded what it takes the place of: KB numbers, the newest first
 */
public record OfferedUpdate(
    String id,
    String title,
    String severity,
    String created,
    PackageFacts facts,
    boolean exact,
    OfferedFile file,
    List<Checkpoint> checkpoints,
    List<String> superseded) {
  /**
   * An update that a later one builds on.
   *
   * @param kb {@code KB5043080}
   */
  public record Checkpoint(String kb, OfferedFile file) {}

  public OfferedUpdate {
    checkpoints = List.copyOf(checkpoints);
    superseded = List.copyOf(superseded);
  }

  /** Returns it as a package of a catalogue. */
  public CatalogueEntry entry() {
    return new CatalogueEntry(facts, file.fileName(), file.size(), file.sha256());
  }
}
