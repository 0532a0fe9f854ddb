package dev.regild.image.quota;

import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;

import dev.regild.image.Image;
import dev.regild.image.ImageCounts;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.TagRecords;
import dev.regild.image.builder.ImageBuilders;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Refuses what would exceed a quota. Each limit is read every time: a change of it shows at the
 * next check.
 */
public final class Quotas {
  private final QuotaLimits limits;

  public Quotas(QuotaLimits limits) {
    this.limits = limits;
  }

  /**
   * Looks whether the owner may have one more image; writes nothing. Another request may take the
   * place: where one is going to be inserted, ask {@link #reserveImage} in its transaction.
   *
   * @throws RefusedException LIMIT_EXCEEDED, naming the quota, its value and the use
   */
  public void requireRoomForImage(Handle handle, Owner owner) {
    requireRoom(handle, owner, Quota.IMAGES, Images.count(handle, owner), owner.toString());
  }

  /** The same for image builders. */
  public void requireRoomForImageBuilder(Handle handle, Owner owner) {
    long used = ImageBuilders.count(handle, owner);
    requireRoom(handle, owner, Quota.IMAGE_BUILDERS, used, owner.toString());
  }

  /** The same for copies that are being made, where the owner is the copy's. */
  void requireRoomForCopy(Handle handle, Owner owner) {
    requireRoom(handle, owner, Quota.COPIES, Images.countCopying(handle, owner), owner.toString());
  }

  /**
   * The same for disks that an account keeps on the server, in every region.
   *
   * @param disks how many it has, with those that are being made
   * @param gibibytes of those that it has
   */
  public void requireRoomForDisk(Handle handle, Owner owner, long disks, long gibibytes) {
    String account = "the account " + owner.accountId();
    requireRoom(handle, owner, Quota.DISKS, disks, account);
    requireRoom(handle, owner, Quota.DISK_GIB, gibibytes, account);
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

  /** The same for copies; the image is to be inserted as COPYING. */
  public void reserveCopy(Handle handle, Owner owner) {
    guard(handle, owner);
    requireRoomForCopy(handle, owner);
  }

  /** The same for one more account that the image is shared with. */
  public void reserveShare(Handle handle, Image image) {
    guard(handle, image.owner());
    long used = ImageShares.count(handle, image);
    requireRoom(handle, image.owner(), Quota.SHARES, used, "the image " + image.name());
  }

  /**
   * Gives a resource tags; nobody else reserves anything for its owner until the transaction has
   * ended.
   *
   * @throws RefusedException LIMIT_EXCEEDED if it would have too many
   */
  public void tag(Handle handle, Owner owner, String arn, Map<String, String> added) {
    if (added.isEmpty()) {
      return;
    }
    guard(handle, owner);
    TagRecords.put(handle, arn, added);
    int limit = limit(handle, owner, Quota.TAGS);
    int count = TagRecords.list(handle, arn).size();
    if (count > limit) {
      throw exceeded(Quota.TAGS, limit, "with these, %s would have %d".formatted(arn, count));
    }
  }

  /** How much of it the account may have: its own limit, or the server's. */
  public int limitOf(Handle handle, String accountId, Quota quota) {
    return AccountQuotas.list(handle, accountId).getOrDefault(quota, limits.of(quota));
  }

  /** How much of it an account may have that has no limit of its own. */
  public int serverLimit(Quota quota) {
    return limits.of(quota);
  }

  private void requireRoom(Handle handle, Owner owner, Quota quota, long used, String user) {
    int limit = limit(handle, owner, quota);
    if (used >= limit) {
      throw exceeded(quota, limit, "%s has %d".formatted(user, used));
    }
  }

  private int limit(Handle handle, Owner owner, Quota quota) {
    return limitOf(handle, owner.accountId(), quota);
  }

  private static RefusedException exceeded(Quota quota, int limit, String use) {
    return new RefusedException(
        LIMIT_EXCEEDED,
        "The quota of %s is %d, and %s. Delete one, or ask for a higher quota."
            .formatted(quota, limit, use));
  }

  /** Every other one who reserves something for this owner waits for this transaction. */
  private static void guard(Handle handle, Owner owner) {
    ImageCounts.add(handle, owner, 0);
  }
}
