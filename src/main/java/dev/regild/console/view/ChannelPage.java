package dev.regild.console.view;

import dev.regild.windows.catalogue.CatalogueEntry;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * One channel: where it gets its updates from, and its snapshots in time.
 *
 * @param snapshots that are recorded, the newest first
 * @param leftOut what the update server has and the channel can't offer, each with the reason
 * @param operator whether whoever looks may change it
 * @param catalogue whether it has a catalogue of Windows packages
 * @param entries of that catalogue
 */
public record ChannelPage(
    ChannelsPage.Row channel,
    List<Snapshot> snapshots,
    List<String> leftOut,
    boolean operator,
    boolean catalogue,
    List<Entry> entries,
    CatalogueForm form,
    Commands refreshing,
    Instant now) {
  /**
   * A snapshot.
   *
   * @param brought where the page is that says what it brought; empty for the oldest
   */
  public record Snapshot(String digest, Instant since, boolean current, String brought) {}

  /**
   * A package of a catalogue.
   *
   * @param superseded by what; empty if by nothing
   * @param followed whether a refresh has brought it, and its owner can't remove it
   */
  public record Entry(
      String name,
      String version,
      String kb,
      String kind,
      String builds,
      String digest,
      String superseded,
      boolean followed) {
    public static Entry of(CatalogueEntry entry, List<CatalogueEntry> all, boolean followed) {
      return new Entry(
          entry.facts().name(),
          entry.facts().version(),
          entry.facts().kb(),
          entry.facts().kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
          String.join(", ", entry.facts().builds()),
          entry.sha256().substring(0, 12),
          entry.supersededBy(all).map(each -> each.facts().kb()).orElse(""),
          followed);
    }
  }

  /**
   * What has to be said of a file that is to be added.
   *
   * @param upload the id of the file, if it is here already
   * @param fileName its name
   * @param missing what its metadata lacks, in words; empty before a file was read
   * @param error why it was refused; empty if it was not
   */
  public record CatalogueForm(
      String upload,
      String fileName,
      String kb,
      String builds,
      String architecture,
      String resultingBuild,
      String sha256,
      List<String> missing,
      String error) {
    public static final CatalogueForm EMPTY =
        new CatalogueForm("", "", "", "", "", "", "", List.of(), "");
  }

  public String path(String below) {
    return Words.channel(channel.name(), below);
  }
}
