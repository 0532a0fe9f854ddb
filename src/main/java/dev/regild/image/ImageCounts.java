package dev.regild.image;

import org.jdbi.v3.core.Handle;

/**
 * How many images each owner has. To add to a count makes every other one who adds to it wait until
 * the transaction has ended, on a database with many writers too.
 */
public final class ImageCounts {
  private ImageCounts() {}

  static long of(Handle handle, Owner owner) {
    return handle
        .createQuery(
            "SELECT images FROM quota_use WHERE account_id = :account AND region = :region")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(Long.class)
        .findOne()
        .orElse(0L);
  }

  /**
   * Adds to an owner's count.
   *
   * @param images how many more; fewer, if negative
   */
  public static void add(Handle handle, Owner owner, int images) {
    handle
        .createUpdate(
            """
            INSERT INTO quota_use (account_id, region, images) VALUES (:account, :region, :images)
            ON CONFLICT (account_id, region)
            DO UPDATE SET images = quota_use.images + excluded.images
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("images", images)
        .execute();
  }
}
