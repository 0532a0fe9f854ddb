package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.db.Portions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Which images are revoked. Each call takes the caller's handle. */
public final class RevokedImages {
  private RevokedImages() {}

  /**
   * Why an image is revoked.
   *
   * @param revocation its id
   * @param reason what the one who revoked it wrote
   * @param since when
   */
  public record Revoked(String revocation, String reason, Instant since) {
    /** Returns it as a text. */
    public String text() {
      return "Revoked on %s: %s".formatted(since.atZone(ZoneOffset.UTC).toLocalDate(), reason);
    }
  }

  /** Returns why an image is revoked; empty if it is not. */
  public static Optional<Revoked> find(Handle handle, Image image) {
    return Optional.ofNullable(find(handle, List.of(image)).get(image.id()));
  }

  /**
   * Returns why images are revoked, by id; lacks those that are not. The first revocation counts.
   */
  public static Map<String, Revoked> find(Handle handle, Collection<Image> images) {
    List<String> revoked =
        images.stream().filter(image -> image.marks().revoked()).map(Image::id).toList();
    Map<String, Revoked> found = new HashMap<>();
    Portions.of(revoked)
        .forEach(some ->
            handle
                .createQuery(
                    """
                    SELECT revoked_image.image_id, revocation.id, revocation.reason, revocation.created
                      FROM revoked_image JOIN revocation ON revocation.id = revocation_id
                     WHERE revoked_image.image_id IN (<images>) AND revocation.undone IS NULL
                     ORDER BY revocation.created, revocation.id
                    """)
                .bindList("images", some)
                .map((row, _) ->
                    Map.entry(
                        row.getString("image_id"),
                        new Revoked(
                            row.getString("id"),
                            row.getString("reason"),
                            Instant.ofEpochMilli(row.getLong("created")))))
                .forEach(each -> found.putIfAbsent(each.getKey(), each.getValue())));
    return found;
  }

  /**
   * Requires that an image may be updated.
   *
   * @throws RefusedException NOT_PERMITTED, with the reason, if it is revoked
   */
  public static void requireNone(Handle handle, Image image) {
    Optional<Revoked> revoked = find(handle, image);
    if (revoked.isPresent()) {
      throw new RefusedException(
          NOT_PERMITTED,
          "The image %s is revoked and can't be updated: %s. Update another image, or undo that: regild revocation undo %s"
              .formatted(image.name(), revoked.get().reason(), revoked.get().revocation()));
    }
  }

  /** Marks a copy that begins as its source is marked. */
  public static void follow(Handle handle, Image source, Image copy) {
    handle
        .createUpdate(
            """
            INSERT INTO revoked_image (revocation_id, image_id, name, relation, cause)
            SELECT revocation_id, :copy, :name, 'COPY', :source
              FROM revoked_image JOIN revocation ON revocation.id = revocation_id
             WHERE revoked_image.image_id = :sourceId AND undone IS NULL
            """)
        .bind("copy", copy.id())
        .bind("name", copy.name())
        .bind("source", source.name())
        .bind("sourceId", source.id())
        .execute();
  }
}
