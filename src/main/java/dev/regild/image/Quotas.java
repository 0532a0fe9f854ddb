package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;

import org.jdbi.v3.core.Handle;

/** Refuses what would exceed a quota. */
public final class Quotas {
  private final QuotaLimits limits;
  private final Images images;
  private final ImageBuilders imageBuilders;

  public Quotas(QuotaLimits limits, Images images, ImageBuilders imageBuilders) {
    this.limits = limits;
    this.images = images;
    this.imageBuilders = imageBuilders;
  }

  /**
   * Looks whether the owner may have one more image; writes nothing. Another request may take the
   * place: where one is going to be inserted, ask {@link #reserveImage} in its transaction.
   *
   * @throws RefusedException LIMIT_EXCEEDED, naming the quota, its value and the use
   */
  public void requireRoomForImage(Handle handle, Owner owner) {
    require("images", limits.images(), images.count(handle, owner), owner);
  }

  /** The same for image builders. */
  public void requireRoomForImageBuilder(Handle handle, Owner owner) {
    require("image builders", limits.imageBuilders(), imageBuilders.count(handle, owner), owner);
  }

  /**
   * As {@link #requireRoomForImage}, and until the transaction has ended no other one can reserve
   * anything for this owner. The image is to be inserted in the same transaction.
   */
  public void reserveImage(Handle handle, Owner owner) {
    guard(handle, owner);
    requireRoomForImage(handle, owner);
  }

  /** The same for image builders. */
  public void reserveImageBuilder(Handle handle, Owner owner) {
    guard(handle, owner);
    requireRoomForImageBuilder(handle, owner);
  }

  private static void require(String what, int limit, long used, Owner owner) {
    if (used >= limit) {
      throw new RefusedException(
          LIMIT_EXCEEDED,
          "The quota of %s is %d, and %s has %d. Delete one, or have the quota raised."
              .formatted(what, limit, owner, used));
    }
  }

  /** Writing the owner's row makes every other writer of it wait for this transaction. */
  private static void guard(Handle handle, Owner owner) {
    handle
        .createUpdate(
            """
            INSERT INTO quota_guard (account_id, region) VALUES (:account, :region)
            ON CONFLICT (account_id, region) DO UPDATE SET region = excluded.region
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .execute();
  }
}
