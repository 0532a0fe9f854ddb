package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.account.Suspensions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Images that a policy has deleted, as long as that can be undone. Such an image has an owner of
 * its own, so that nobody sees it and its name is free; its layers stay. Each call takes the
 * caller's handle.
 */
public final class Bin {
  private static final String SELECT = "SELECT * FROM binned_image ";

  private Bin() {}

  /**
   * A deletion that can be undone.
   *
   * @param owner whose image it was
   * @param line whose policy deleted it
   * @param ends when its layers are deleted
   */
  public record Binned(
      String imageId, Owner owner, String name, String line, Instant deleted, Instant ends) {}

  /**
   * Hides an image that is AVAILABLE or FAILED.
   *
   * @param line whose policy deletes it
   */
  public static void put(Handle handle, Image image, String line, Instant now, Instant ends) {
    handle
        .createUpdate(
            """
            INSERT INTO binned_image (image_id, account_id, region, name, line, deleted, ends)
            VALUES (:id, :account, :region, :name, :line, :deleted, :ends)
            """)
        .bind("id", image.id())
        .bind("account", image.owner().accountId())
        .bind("region", image.owner().region())
        .bind("name", image.name())
        .bind("line", line)
        .bind("deleted", now.toEpochMilli())
        .bind("ends", ends.toEpochMilli())
        .execute();
    move(handle, image, Owner.ofDeleted(image));
    ImageCounts.add(handle, image.owner(), -1);
    ImageHistory.deleted(handle, image);
  }

  /**
   * Gives an image back to its owner.
   *
   * @return the image as it is now
   * @throws RefusedException NOT_FOUND if no deletion of an image of that name can be undone;
   *     ALREADY_EXISTS if the owner has another image of its name by now
   */
  public static Image restore(Handle handle, Owner owner, String name) {
    Binned binned =
        handle
            .createQuery(
                SELECT
                    + """
                    WHERE account_id = :account AND region = :region AND name = :name
                    ORDER BY deleted DESC LIMIT 1
                    """)
            .bind("account", owner.accountId())
            .bind("region", owner.region())
            .bind("name", name)
            .map((row, _) -> read(row))
            .findOne()
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND,
                    "No policy has deleted an image %s of %s, or its time has passed. List what can be restored: regild retention deleted"
                        .formatted(name, owner)));
    if (Images.find(handle, owner, name).isPresent()) {
      throw new RefusedException(
          ALREADY_EXISTS,
          "Another image %s of %s already exists by now. Delete that one, if need be after a copy under another name, and undo this deletion again."
              .formatted(name, owner));
    }
    Image hidden = Images.requireById(handle, binned.imageId());
    if (!hidden.state().isFinal()) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The layers of the image %s are being deleted. It can't be restored.".formatted(name));
    }
    move(handle, hidden, owner);
    ImageCounts.add(handle, owner, 1);
    ImageHistory.restored(handle, hidden);
    handle
        .createUpdate("DELETE FROM binned_image WHERE image_id = :id")
        .bind("id", hidden.id())
        .execute();
    return Images.require(handle, owner, name);
  }

  private static void move(Handle handle, Image image, Owner owner) {
    int moved =
        handle
            .createUpdate(
                """
                UPDATE image SET account_id = :new
                 WHERE id = :id AND account_id = :old AND state = :state
                """)
            .bind("new", owner.accountId())
            .bind("old", image.owner().accountId())
            .bind("state", image.state().name())
            .bind("id", image.id())
            .execute();
    if (moved == 0) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The image %s was changed by another request. Check it and try again."
              .formatted(image.name()));
    }
    handle
        .createUpdate("UPDATE tag SET resource_arn = :new WHERE resource_arn = :old")
        .bind("new", Arn.ofImage(owner, image.name()).toString())
        .bind("old", image.arn())
        .execute();
  }

  /** Returns an owner's deletions that can be undone, the latest first. */
  public static List<Binned> list(Handle handle, Owner owner) {
    return handle
        .createQuery(
            SELECT + "WHERE account_id = :account AND region = :region ORDER BY deleted DESC, name")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) -> read(row))
        .list();
  }

  /**
   * Returns deletions whose time has passed, the earliest first. A suspended account can't undo its
   * own, so they wait for it.
   */
  public static List<Binned> ended(Handle handle, Instant now, int most) {
    return handle
        .createQuery(
            SELECT
                + "WHERE ends <= :now AND "
                + Suspensions.NOT_SUSPENDED
                + " ORDER BY ends LIMIT :most")
        .bind("now", now.toEpochMilli())
        .bind("most", most)
        .map((row, _) -> read(row))
        .list();
  }

  private static Binned read(ResultSet row) throws SQLException {
    return new Binned(
        row.getString("image_id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        row.getString("line"),
        Instant.ofEpochMilli(row.getLong("deleted")),
        Instant.ofEpochMilli(row.getLong("ends")));
  }
}
