package dev.regild.image.quota;

import dev.regild.image.TagRecords;
import java.util.Locale;
import java.util.Optional;

/** What an owner may have only so much of. */
public enum Quota {
  /** Images in whatever state, for each account and region. */
  IMAGES(1000, Quota.MOST),
  /** Image builders at one time, for each account and region. */
  IMAGE_BUILDERS(10, Quota.MOST),
  /** Copies that are being made at one time, for each account and region that they are made in. */
  COPIES(2, Quota.MOST),
  /** Accounts that one image is shared with. */
  SHARES(500, Quota.MOST),
  /** Downloads of images and disks at one time, for each account, on one server. */
  DOWNLOADS(4, Quota.MOST),
  /** Streams of events at one time, for each account, on one server. */
  EVENT_STREAMS(20, Quota.MOST),
  /** Uploaded and exported disks, for each account; those that are on their way count. */
  DISKS(100, Quota.MOST),
  /** The size of those disks together, in GiB. */
  DISK_GIB(1024, Quota.MOST),
  /** Tags of one resource; the API has no way to ask for more than 50. */
  TAGS(TagRecords.MOST, TagRecords.MOST);

  private static final int MOST = 1_000_000;

  private final int byDefault;
  private final int most;

  Quota(int byDefault, int most) {
    this.byDefault = byDefault;
    this.most = most;
  }

  /** The quota of that {@link #key}. */
  public static Optional<Quota> ofKey(String key) {
    for (Quota quota : values()) {
      if (quota.key().equals(key)) {
        return Optional.of(quota);
      }
    }
    return Optional.empty();
  }

  /** Its name for those who set it: {@code image-builders}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What holds where nobody has set it. */
  public int byDefault() {
    return byDefault;
  }

  /** The largest value that it can be set to; the least is 0. */
  public int most() {
    return most;
  }

  /**
   * The value, if the quota can have it.
   *
   * @throws IllegalArgumentException if not
   */
  public int requireFit(int value) {
    if (value < 0 || value > most) {
      throw new IllegalArgumentException(
          "The quota %s must be between 0 and %d, not %d.".formatted(key(), most, value));
    }
    return value;
  }

  @Override
  public String toString() {
    return key().replace('-', ' ');
  }
}
