package dev.regild.image;

import static dev.regild.image.Column.instant;
import static dev.regild.image.Column.text;

import dev.regild.inventory.DiskLayout;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/** An image as a row of the table {@code image}, both ways. */
final class ImageRow {
  static final String SELECT =
      """
      SELECT image.*,
             EXISTS (SELECT 1 FROM image_share WHERE image_share.image_id = image.id) AS shared
        FROM image
      """;

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
        .bind("baseImageArn", image.baseImageArn().orElse(null))
        .bind("displayName", image.displayName().orElse(null))
        .bind("description", image.description().orElse(null))
        .bind("state", image.state().name())
        .bind("errors", Json.write(image.errors()))
        .bind("visibility", image.visibility().name())
        .bind("type", image.type().name())
        .bind("imageBuilderSupported", image.imageBuilderSupported())
        .bind("platform", image.platform().orElse(null))
        .bind("applications", Json.write(image.applications()))
        .bind("created", image.created().toEpochMilli())
        .bind(
            "baseImageReleased", image.baseImageReleased().map(Instant::toEpochMilli).orElse(null))
        .bind("agentVersion", image.agentVersion().orElse(null))
        .bind("allowFleet", image.permissions().allowFleet())
        .bind("allowImageBuilder", image.permissions().allowImageBuilder())
        .bind("instanceFamilies", Json.write(image.instanceFamilies()))
        .bind("dynamicAppProviders", image.dynamicAppProviders())
        .bind("managedSoftware", image.managedSoftware())
        .bind("previousId", image.predecessor().map(Predecessor::id).orElse(null))
        .bind("previousName", image.predecessor().map(Predecessor::name).orElse(null))
        .bind("snapshot", image.snapshot().orElse(null));
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
        text(row, "base_image_arn"),
        text(row, "display_name"),
        text(row, "description"),
        ImageState.valueOf(row.getString("state")),
        reason(row),
        Json.readList(row.getString("errors"), ImageError[].class),
        Visibility.valueOf(row.getString("visibility")),
        row.getBoolean("shared"),
        ImageType.valueOf(row.getString("image_type")),
        row.getBoolean("image_builder_supported"),
        text(row, "platform"),
        Json.readList(row.getString("applications"), Application[].class),
        Instant.ofEpochMilli(row.getLong("created")),
        instant(row, "base_image_released"),
        text(row, "agent_version"),
        new ImagePermissions(row.getBoolean("allow_fleet"), row.getBoolean("allow_image_builder")),
        Json.readList(row.getString("instance_families"), String[].class),
        row.getBoolean("dynamic_app_providers"),
        row.getBoolean("managed_software"),
        disk(row),
        predecessor(row),
        text(row, "snapshot_digest"),
        text(row, "qualification").map(json -> Json.readShared(json, Qualification.class)));
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
