package dev.regild.server.rest;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import dev.regild.disk.layers.Layer;
import dev.regild.feed.ReleaseSupport.Unsupported;
import dev.regild.image.Image;
import dev.regild.image.Qualification;
import dev.regild.image.RevokedImages.Revoked;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.ImportRecord;
import dev.regild.inventory.ConfigurationFiles;
import dev.regild.inventory.ConfigurationFiles.ChangedFile;
import dev.regild.inventory.Inventory;
import dev.regild.machine.BootEvidence;
import dev.regild.plan.Change;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image as our endpoints show it: what the API's shape doesn't hold.
 *
 * @param reason why it is in its state, or why it is revoked
 * @param deprecated since when it is deprecated by its line's retention
 * @param snapshot the digest of the channel's snapshot that it was updated to
 * @param layer its own layer, on top of its base image's
 * @param standaloneBytes the size of all its layers together
 * @param qualification what it said when it was booted
 * @param boot what was seen of that boot
 * @param facts what else its package system says of it, by member
 * @param imported what its import was asked for, if it was made by one
 * @param inventory what is known of what is installed; absent if it has no disk
 * @param statements how many signed statements of its provenance there are
 * @param cves what the update that made it fixed; absent if it was imported, or not recorded
 * @param status how it stands; absent if it has no disk
 * @param unsupported its source packages without, or with limited, security support; absent if that
 *     is not known
 * @param lineage the image itself, the one that it was updated from, and so on
 * @param children the names of the images that were updated from it
 */
record ImageView(
    String name,
    String arn,
    String state,
    Optional<String> reason,
    Optional<Instant> deprecated,
    Optional<String> platform,
    Optional<String> agentVersion,
    Optional<String> displayName,
    Optional<String> description,
    Instant created,
    Optional<String> snapshot,
    Optional<LayerView> layer,
    long standaloneBytes,
    Optional<Qualification> qualification,
    Optional<BootView> boot,
    @JsonAnyGetter Map<String, Object> facts,
    Optional<ImportRecord> imported,
    Map<String, String> tags,
    Optional<InventoryView> inventory,
    int statements,
    Optional<FixesView> cves,
    Optional<StatusView> status,
    Optional<List<Unsupported>> unsupported,
    List<Ancestor> lineage,
    List<String> children) {

  /**
   * An inventory.
   *
   * @param packages how many are installed
   * @param origins whether it has their sources and vendors; an older version stored none
   * @param configuration of the packages; absent for Windows, and if an older version stored none
   */
  record InventoryView(int packages, boolean origins, Optional<ConfigurationView> configuration) {
    static InventoryView of(Inventory inventory) {
      return new InventoryView(
          inventory.packages().size(),
          inventory.knowsOrigins(),
          inventory.configuration().map(ConfigurationView::of));
    }
  }

  /**
   * The packages' configuration files.
   *
   * @param total how many there are
   * @param compared how many were compared with what their packages brought
   * @param changed how many of these are different or missing
   * @param files the first of these by path
   */
  record ConfigurationView(int total, int compared, int changed, List<ChangedFile> files) {
    private static final int MOST_FILES = 100;

    static ConfigurationView of(ConfigurationFiles all) {
      return new ConfigurationView(
          all.files(),
          all.compared(),
          all.changed().size(),
          all.changed().stream().limit(MOST_FILES).toList());
    }
  }

  /** A layer of the store. */
  record LayerView(String id, Optional<String> base, long bytes, long virtualBytes, String sha256) {
    static LayerView of(Layer layer) {
      return new LayerView(
          layer.id(), layer.base(), layer.bytes(), layer.virtualBytes(), layer.sha256());
    }
  }

  /**
   * An image of the lineage.
   *
   * @param present whether it still exists; of one that doesn't, only the name is known
   * @param layerBytes the size of its own layer
   * @param changes what the update changed that made it
   * @param keptBack what the update left behind what its channel offered, and why
   * @param others what else came, went or changed with the update
   */
  record Ancestor(
      String name,
      boolean present,
      Optional<Instant> created,
      Optional<Long> layerBytes,
      List<Change> changes,
      List<KeptBack> keptBack,
      List<PackageChange> others) {}

  /**
   * A boot, as it was seen from outside.
   *
   * @param reported when the guest had booted and reported
   * @param seconds from power-on until then
   * @param console the end of its serial console
   * @param screen where its screen is, as a PNG; absent if none could be taken
   */
  record BootView(Instant reported, double seconds, String console, Optional<String> screen) {
    static BootView of(Image image, BootEvidence seen) {
      return new BootView(
          seen.reported(),
          seen.took().toMillis() / 1000.0,
          seen.console(),
          seen.screen().map(_ -> "/regild/v1/images/" + image.name() + "/screen"));
    }
  }

  static ImageView of(
      Image image,
      Optional<Revoked> revoked,
      Optional<Instant> deprecated,
      List<Layer> chain,
      Optional<BootEvidence> seen,
      Map<String, Object> facts,
      Optional<ImportRecord> imported,
      Map<String, String> tags,
      Optional<InventoryView> inventory,
      int statements,
      Optional<FixesView> cves,
      Optional<StatusView> status,
      Optional<List<Unsupported>> unsupported,
      List<Ancestor> lineage,
      List<String> children) {
    return new ImageView(
        image.name(),
        image.arn(),
        image.state().name(),
        image
            .stateChangeReason()
            .map(StateChangeReason::message)
            .or(() -> revoked.map(Revoked::text)),
        deprecated,
        image.platform(),
        image.agentVersion(),
        image.displayName(),
        image.description(),
        image.created(),
        image.origin().snapshot(),
        chain.stream().findFirst().map(LayerView::of),
        chain.stream().mapToLong(Layer::bytes).sum(),
        image.qualification(),
        seen.map(each -> BootView.of(image, each)),
        facts,
        imported,
        tags,
        inventory,
        statements,
        cves,
        status,
        unsupported,
        lineage,
        children);
  }
}
