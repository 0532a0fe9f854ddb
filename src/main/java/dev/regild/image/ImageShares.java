package dev.regild.image;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** Which accounts an image is shared with, and what they may make of it. */
public final class ImageShares {
  /** Shares the image with an account, or changes what that account may make of it. */
  public void put(Handle handle, Image image, String accountId, ImagePermissions permissions) {
    handle
        .createUpdate(
            """
            INSERT INTO image_share (image_id, account_id, allow_fleet, allow_image_builder)
            VALUES (:image, :account, :allowFleet, :allowImageBuilder)
            ON CONFLICT (image_id, account_id) DO UPDATE
               SET allow_fleet = excluded.allow_fleet,
                   allow_image_builder = excluded.allow_image_builder
            """)
        .bind("image", image.id())
        .bind("account", accountId)
        .bind("allowFleet", permissions.allowFleet())
        .bind("allowImageBuilder", permissions.allowImageBuilder())
        .execute();
  }

  /**
   * Ends the sharing with an account.
   *
   * @return whether there was one
   */
  public boolean remove(Handle handle, Image image, String accountId) {
    return handle
            .createUpdate(
                "DELETE FROM image_share WHERE image_id = :image AND account_id = :account")
            .bind("image", image.id())
            .bind("account", accountId)
            .execute()
        == 1;
  }

  /** What an account may make of the image; empty if it isn't shared with it. */
  public Optional<ImagePermissions> find(Handle handle, Image image, String accountId) {
    return Optional.ofNullable(list(handle, image).get(accountId));
  }

  /** Every account that the image is shared with. */
  public SortedMap<String, ImagePermissions> list(Handle handle, Image image) {
    SortedMap<String, ImagePermissions> shares = new TreeMap<>();
    handle
        .createQuery(
            """
            SELECT account_id, allow_fleet, allow_image_builder
              FROM image_share WHERE image_id = :image
            """)
        .bind("image", image.id())
        .map((row, _) ->
            Map.entry(
                row.getString("account_id"),
                new ImagePermissions(
                    row.getBoolean("allow_fleet"), row.getBoolean("allow_image_builder"))))
        .forEach(share -> shares.put(share.getKey(), share.getValue()));
    return shares;
  }
}
