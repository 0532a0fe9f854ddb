package dev.regild.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** Which accounts an image is shared with, and what they may make of it. */
public final class ImageShares {
  private ImageShares() {}

  /** Shares the image with an account, or changes what that account may make of it. */
  public static void put(
      Handle handle, Image image, String accountId, ImagePermissions permissions) {
    handle
        .createUpdate(
            """
            INSERT INTO image_share (
              image_id, account_id, region, name, allow_fleet, allow_image_builder)
            VALUES (:image, :account, :region, :name, :allowFleet, :allowImageBuilder)
            ON CONFLICT (image_id, account_id) DO UPDATE
               SET allow_fleet = excluded.allow_fleet,
                   allow_image_builder = excluded.allow_image_builder
            """)
        .bind("image", image.id())
        .bind("account", accountId)
        .bind("region", image.owner().region())
        .bind("name", image.name())
        .bind("allowFleet", permissions.allowFleet())
        .bind("allowImageBuilder", permissions.allowImageBuilder())
        .execute();
  }

  /**
   * Ends the sharing with an account.
   *
   * @return whether there was one
   */
  public static boolean remove(Handle handle, Image image, String accountId) {
    return handle
            .createUpdate(
                "DELETE FROM image_share WHERE image_id = :image AND account_id = :account")
            .bind("image", image.id())
            .bind("account", accountId)
            .execute()
        == 1;
  }

  /** What an account may make of the image; empty if it isn't shared with it. */
  public static Optional<ImagePermissions> find(Handle handle, Image image, String accountId) {
    return Optional.ofNullable(
        page(handle, image, List.of(accountId), Optional.empty(), 1).get(accountId));
  }

  /**
   * One page of the accounts that the image is shared with, by account id.
   *
   * @param accountIds only these; empty for any
   * @param after the last account of the page before
   * @param limit how many at most
   */
  public static SortedMap<String, ImagePermissions> page(
      Handle handle, Image image, List<String> accountIds, Optional<String> after, int limit) {
    SortedMap<String, ImagePermissions> shares = new TreeMap<>();
    var query =
        handle
            .createQuery(
                """
                SELECT account_id, allow_fleet, allow_image_builder
                  FROM image_share
                 WHERE image_id = :image AND account_id > :after %s
                 ORDER BY account_id LIMIT :limit
                """
                    .formatted(accountIds.isEmpty() ? "" : "AND account_id IN (<accounts>)"))
            .bind("image", image.id())
            .bind("after", after.orElse(""))
            .bind("limit", limit);
    if (!accountIds.isEmpty()) {
      query.bindList("accounts", accountIds);
    }
    query
        .map((row, _) ->
            Map.entry(
                row.getString("account_id"),
                new ImagePermissions(
                    row.getBoolean("allow_fleet"), row.getBoolean("allow_image_builder"))))
        .forEach(share -> shares.put(share.getKey(), share.getValue()));
    return shares;
  }

  /** How many accounts the image is shared with. */
  public static long count(Handle handle, Image image) {
    return handle
        .createQuery("SELECT COUNT(*) FROM image_share WHERE image_id = :image")
        .bind("image", image.id())
        .mapTo(Long.class)
        .one();
  }
}
