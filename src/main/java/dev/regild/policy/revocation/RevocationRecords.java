package dev.regild.policy.revocation;

import dev.regild.db.Portions;
import dev.regild.image.Owner;
import dev.regild.plan.VersionRange;
import dev.regild.policy.revocation.Revocation.Affected;
import dev.regild.policy.revocation.Revocation.Relation;
import dev.regild.policy.revocation.Revocation.Subject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The revocations, and the images that belong to them. Each call takes the caller's handle. */
final class RevocationRecords {
  private static final String SELECT = "SELECT * FROM revocation ";

  private RevocationRecords() {}

  static void insert(Handle handle, Revocation revocation) {
    Optional<Subject.OfImage> image =
        revocation.subject() instanceof Subject.OfImage it ? Optional.of(it) : Optional.empty();
    Optional<Subject.OfPackage> wanted =
        revocation.subject() instanceof Subject.OfPackage it ? Optional.of(it) : Optional.empty();
    handle
        .createUpdate(
            """
            INSERT INTO revocation (
              id, account_id, region, image_id, image_name, package, versions, descendants, reason,
              created, created_by)
            VALUES (
              :id, :account, :region, :imageId, :imageName, :package, :versions, :descendants,
              :reason, :created, :by)
            """)
        .bind("id", revocation.id())
        .bind("account", revocation.owner().accountId())
        .bind("region", revocation.owner().region())
        .bind("imageId", image.map(Subject.OfImage::id).orElse(null))
        .bind("imageName", image.map(Subject.OfImage::name).orElse(null))
        .bind("package", wanted.map(Subject.OfPackage::name).orElse(null))
        .bind("versions", wanted.map(it -> text(it.range())).orElse(null))
        .bind("descendants", revocation.descendants())
        .bind("reason", revocation.reason())
        .bind("created", revocation.created().toEpochMilli())
        .bind("by", revocation.by())
        .execute();
  }

  /** A single version is written as the range from it to it. */
  private static String text(Optional<VersionRange> range) {
    return range.map(it -> it.from().orElse("") + ".." + it.to().orElse("")).orElse("");
  }

  /** Marks images; returns those that were not marked yet. */
  static List<Affected> mark(Handle handle, Revocation revocation, List<Affected> all) {
    List<Affected> marked = new ArrayList<>();
    for (Affected each : all) {
      int inserted =
          handle
              .createUpdate(
                  """
                  INSERT INTO revoked_image (revocation_id, image_id, name, relation, cause)
                  VALUES (:revocation, :image, :name, :relation, :cause)
                  ON CONFLICT (revocation_id, image_id) DO NOTHING
                  """)
              .bind("revocation", revocation.id())
              .bind("image", each.imageId())
              .bind("name", each.name())
              .bind("relation", each.relation().name())
              .bind("cause", each.cause())
              .execute();
      if (inserted == 1) {
        marked.add(each);
      }
    }
    return marked;
  }

  /** Returns the regions of images, by id: copies may be in others. Lacks deleted images. */
  static Map<String, String> regions(Handle handle, List<Affected> images) {
    Map<String, String> regions = new HashMap<>();
    Portions.of(images.stream().map(Affected::imageId).toList())
        .forEach(some ->
            handle
                .createQuery("SELECT id, region FROM image WHERE id IN (<images>)")
                .bindList("images", some)
                .map((row, _) -> Map.entry(row.getString("id"), row.getString("region")))
                .forEach(each -> regions.put(each.getKey(), each.getValue())));
    return regions;
  }

  static List<Affected> marked(Handle handle, String revocation) {
    return handle
        .createQuery(
            """
            SELECT image_id, name, relation, cause FROM revoked_image
             WHERE revocation_id = :revocation ORDER BY name, image_id
            """)
        .bind("revocation", revocation)
        .map((row, _) ->
            new Affected(
                row.getString("image_id"),
                row.getString("name"),
                Relation.valueOf(row.getString("relation")),
                row.getString("cause")))
        .list();
  }

  static Optional<Revocation> find(Handle handle, Owner owner, String id) {
    return handle
        .createQuery(SELECT + "WHERE id = :id AND account_id = :account AND region = :region")
        .bind("id", id)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Returns an owner's revocations, the latest first. */
  static List<Revocation> list(Handle handle, Owner owner) {
    return handle
        .createQuery(
            SELECT + "WHERE account_id = :account AND region = :region ORDER BY created DESC, id")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) -> read(row))
        .list();
  }

  /** Returns the revocations of all owners that hold. */
  static List<Revocation> holding(Handle handle) {
    return handle
        .createQuery(SELECT + "WHERE undone IS NULL ORDER BY created, id")
        .map((row, _) -> read(row))
        .list();
  }

  /** Returns whether it held until now. */
  static boolean undo(Handle handle, Revocation revocation, Instant now, String by) {
    return handle
            .createUpdate(
                "UPDATE revocation SET undone = :now, undone_by = :by WHERE id = :id AND undone IS"
                    + " NULL")
            .bind("now", now.toEpochMilli())
            .bind("by", by)
            .bind("id", revocation.id())
            .execute()
        == 1;
  }

  private static Revocation read(ResultSet row) throws SQLException {
    long undone = row.getLong("undone");
    Optional<Instant> undoneAt =
        row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(undone));
    return new Revocation(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        subject(row),
        row.getBoolean("descendants"),
        row.getString("reason"),
        Instant.ofEpochMilli(row.getLong("created")),
        row.getString("created_by"),
        undoneAt);
  }

  private static Subject subject(ResultSet row) throws SQLException {
    String name = row.getString("package");
    if (name == null) {
      return new Subject.OfImage(row.getString("image_id"), row.getString("image_name"));
    }
    String versions = row.getString("versions");
    return new Subject.OfPackage(
        name, versions.isEmpty() ? Optional.empty() : Optional.of(VersionRange.parse(versions)));
  }
}
