package dev.regild.image.builder;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;

import dev.regild.image.Column;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.TagRecords;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The image builders that live at the moment. Each call takes the caller's handle. */
public final class ImageBuilders {
  private ImageBuilders() {}

  /**
   * Writes a new builder; its image has to be there already.
   *
   * @throws RefusedException ALREADY_EXISTS if its owner has one of that name
   */
  public static void insert(Handle handle, ImageBuilder builder) {
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO image_builder (
                  account_id, region, name, new_image_id, image_arn, display_name, description,
                  instance_type, platform, agent_version, state, created)
                VALUES (
                  :account, :region, :name, :newImage, :imageArn, :displayName, :description,
                  :instanceType, :platform, :agentVersion, :state, :created)
                ON CONFLICT (account_id, region, name) DO NOTHING
                """)
            .bind("account", builder.owner().accountId())
            .bind("region", builder.owner().region())
            .bind("name", builder.name())
            .bind("newImage", builder.newImageId())
            .bind("imageArn", builder.imageArn())
            .bind("displayName", builder.displayName().orElse(null))
            .bind("description", builder.description().orElse(null))
            .bind("instanceType", builder.instanceType())
            .bind("platform", builder.platform())
            .bind("agentVersion", builder.agentVersion().orElse(null))
            .bind("state", builder.state().name())
            .bind("created", builder.created().toEpochMilli())
            .execute();
    if (inserted == 0) {
      throw new RefusedException(
          ALREADY_EXISTS,
          "An image builder %s of %s already exists.".formatted(builder.name(), builder.owner()));
    }
  }

  /** The owner's builder of that name. */
  public static Optional<ImageBuilder> find(Handle handle, Owner owner, String name) {
    return handle
        .createQuery(
            """
            SELECT * FROM image_builder
             WHERE account_id = :account AND region = :region AND name = :name
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", name)
        .map((row, _) -> builder(row))
        .findOne();
  }

  /** The builder that makes that image. */
  public static Optional<ImageBuilder> findFor(Handle handle, Image newImage) {
    return handle
        .createQuery("SELECT * FROM image_builder WHERE new_image_id = :image")
        .bind("image", newImage.id())
        .map((row, _) -> builder(row))
        .findOne();
  }

  /**
   * One page of the owner's builders, by name.
   *
   * @param names only these; empty for any
   * @param after the name of the last builder of the page before
   * @param limit how many at most
   */
  public static List<ImageBuilder> page(
      Handle handle, Owner owner, List<String> names, Optional<String> after, int limit) {
    var query =
        handle.createQuery(
            """
            SELECT * FROM image_builder
             WHERE account_id = :account AND region = :region AND name > :after
            """
                + (names.isEmpty() ? "" : " AND name IN (<names>)")
                + " ORDER BY name LIMIT :limit");
    if (!names.isEmpty()) {
      query.bindList("names", names);
    }
    return query
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("after", after.orElse(""))
        .bind("limit", limit)
        .map((row, _) -> builder(row))
        .list();
  }

  /** How many builders the owner has. */
  public static long count(Handle handle, Owner owner) {
    return handle
        .createQuery(
            "SELECT COUNT(*) FROM image_builder WHERE account_id = :account AND region = :region")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(Long.class)
        .one();
  }

  /**
   * Gives the builder another state, from the state that it has in the argument; an update that
   * starts over goes back.
   *
   * @throws RefusedException CONCURRENT_MODIFICATION if it has another state by now, or is gone
   */
  public static ImageBuilder transition(
      Handle handle, ImageBuilder builder, ImageBuilderState next) {
    int changed =
        handle
            .createUpdate(
                """
                UPDATE image_builder SET state = :next
                 WHERE new_image_id = :image AND state = :current
                """)
            .bind("next", next.name())
            .bind("image", builder.newImageId())
            .bind("current", builder.state().name())
            .execute();
    if (changed == 0) {
      throw changedMeanwhile(builder);
    }
    return find(handle, builder.owner(), builder.name())
        .orElseThrow(() -> changedMeanwhile(builder));
  }

  /** Takes away the builder that makes that image, with its tags; nothing happens if it is gone. */
  public static void deleteFor(Handle handle, Image newImage) {
    findFor(handle, newImage)
        .ifPresent(builder -> {
          TagRecords.removeAll(handle, builder.arn());
          handle
              .createUpdate("DELETE FROM image_builder WHERE new_image_id = :image")
              .bind("image", newImage.id())
              .execute();
        });
  }

  private static RefusedException changedMeanwhile(ImageBuilder builder) {
    return new RefusedException(
        CONCURRENT_MODIFICATION,
        "The image builder %s was changed by another request.".formatted(builder.name()));
  }

  private static ImageBuilder builder(ResultSet row) throws SQLException {
    return new ImageBuilder(
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        row.getString("new_image_id"),
        row.getString("image_arn"),
        Column.text(row, "display_name"),
        Column.text(row, "description"),
        row.getString("instance_type"),
        row.getString("platform"),
        Column.text(row, "agent_version"),
        ImageBuilderState.valueOf(row.getString("state")),
        Instant.ofEpochMilli(row.getLong("created")));
  }
}
