package dev.regild.image;

import static dev.regild.image.Column.instant;
import static dev.regild.image.Column.text;

import dev.regild.image.Image.Content;
import dev.regild.image.Image.Marks;
import dev.regild.image.Image.Origin;
import dev.regild.image.Image.Sharing;
import dev.regild.image.Image.Status;
import dev.regild.image.Image.Terms;
import dev.regild.inventory.DiskLayout;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/** An image as a row of the table {@code image}, both ways. */
final class ImageRow {
  /** What {@link #read} takes. */
  static final String COLUMNS =
      """
      image.*,
      EXISTS (SELECT 1 FROM image_share WHERE image_share.image_id = image.id) AS shared,
      EXISTS (SELECT 1 FROM revoked_image JOIN revocation ON revocation.id = revocation_id
               WHERE revoked_image.image_id = image.id AND revocation.undone IS NULL) AS revoked,
      EXISTS (SELECT 1 FROM line_image JOIN ring_line ON ring_line.line_id = line_image.line_id
               WHERE line_image.image_id = image.id) AS follows_ring
      """;

  static final String SELECT = "SELECT " + COLUMNS + " FROM image\n";

  static final String INSERT =
      """
      INSERT INTO image (
        id, account_id, region, name, base_image_arn, display_name, description, state, errors,
        visibility, image_type, image_builder_supported, platform, applications, created,
        base_image_released, agent_version, allow_fleet, allow_image_builder, instance_families,
        dynamic_app_providers, managed_software, layer_id, inventory_digest, disk_layout,
        previous_id, previous_name, snapshot_digest, qualification)
      VALUES (
        :id, :account, :region, :name, :baseImageArn, :displayName, :description, :state, :errors,
        :visibility, :type, :imageBuilderSupported, :platform, :applications, :created,
        :baseImageReleased, :agentVersion, :allowFleet, :allowImageBuilder, :instanceFamilies,
        :dynamicAppProviders, :managedSoftware, :layer, :inventory, :diskLayout,
        :previousId, :previousName, :snapshot, :qualification)
      ON CONFLICT (account_id, region, name) DO NOTHING
      """;

  private ImageRow() {}

  static void bind(Image image, SqlStatement<?> statement) {
    statement
        .bind("id", image.id())
        .bind("account", image.owner().accountId())
        .bind("region", image.owner().region())
        .bind("name", image.name())
        .bind("baseImageArn", image.origin().baseImageArn().orElse(null))
        .bind("displayName", image.displayName().orElse(null))
        .bind("description", image.description().orElse(null))
        .bind("state", image.state().name())
        .bind("errors", Json.write(image.status().errors()))
        .bind("visibility", image.sharing().visibility().name())
        .bind("type", image.terms().type().name())
        .bind("imageBuilderSupported", image.terms().imageBuilderSupported())
        .bind("platform", image.platform().orElse(null))
        .bind("applications", Json.write(image.content().applications()))
        .bind("created", image.created().toEpochMilli())
        .bind(
            "baseImageReleased",
            image.origin().baseImageReleased().map(Instant::toEpochMilli).orElse(null))
        .bind("agentVersion", image.agentVersion().orElse(null))
        .bind("allowFleet", image.terms().permissions().allowFleet())
        .bind("allowImageBuilder", image.terms().permissions().allowImageBuilder())
        .bind("instanceFamilies", Json.write(image.terms().instanceFamilies()))
        .bind("dynamicAppProviders", image.terms().dynamicAppProviders())
        .bind("managedSoftware", image.terms().managedSoftware())
        .bind("previousId", image.origin().predecessor().map(Predecessor::id).orElse(null))
        .bind("previousName", image.origin().predecessor().map(Predecessor::name).orElse(null))
        .bind("snapshot", image.origin().snapshot().orElse(null));
    bindDisk(image.disk(), image.qualification(), statement);
  }

  static void bindDisk(
      Optional<ImageDisk> disk, Optional<Qualification> qualification, SqlStatement<?> statement) {
    statement
        .bind("layer", disk.map(ImageDisk::layer).orElse(null))
        .bind("inventory", disk.map(ImageDisk::inventory).orElse(null))
        .bind("diskLayout", disk.map(ImageDisk::layout).map(Json::write).orElse(null))
        .bind("qualification", qualification.map(Json::write).orElse(null));
  }

  static Image read(ResultSet row) throws SQLException {
    return new Image(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        text(row, "display_name"),
        text(row, "description"),
        Instant.ofEpochMilli(row.getLong("created")),
        new Status(
            ImageState.valueOf(row.getString("state")),
            reason(row),
            Json.readList(row.getString("errors"), ImageError[].class)),
        new Sharing(Visibility.valueOf(row.getString("visibility")), row.getBoolean("shared")),
        new Origin(
            text(row, "base_image_arn"),
            instant(row, "base_image_released"),
            predecessor(row),
            text(row, "snapshot_digest")),
        new Terms(
            ImageType.valueOf(row.getString("image_type")),
            row.getBoolean("image_builder_supported"),
            new ImagePermissions(
                row.getBoolean("allow_fleet"), row.getBoolean("allow_image_builder")),
            Json.readList(row.getString("instance_families"), String[].class),
            row.getBoolean("dynamic_app_providers"),
            row.getBoolean("managed_software")),
        new Content(
            text(row, "platform"),
            text(row, "agent_version"),
            Json.readList(row.getString("applications"), Application[].class),
            disk(row),
            text(row, "qualification").map(json -> Json.readShared(json, Qualification.class))),
        new Marks(row.getBoolean("revoked"), row.getBoolean("follows_ring")));
  }

  private static Optional<StateChangeReason> reason(ResultSet row) throws SQLException {
    String code = row.getString("reason_code");
    return code == null
        ? Optional.empty()
        : Optional.of(
            new StateChangeReason(
                StateChangeReason.Code.valueOf(code), row.getString("reason_message")));
  }

  private static Optional<ImageDisk> disk(ResultSet row) throws SQLException {
    String layer = row.getString("layer_id");
    return layer == null
        ? Optional.empty()
        : Optional.of(
            new ImageDisk(
                layer,
                row.getString("inventory_digest"),
                Json.readShared(row.getString("disk_layout"), DiskLayout.class)));
  }

  private static Optional<Predecessor> predecessor(ResultSet row) throws SQLException {
    String id = row.getString("previous_id");
    return id == null
        ? Optional.empty()
        : Optional.of(new Predecessor(id, row.getString("previous_name")));
  }
}
