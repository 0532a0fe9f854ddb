package dev.regild.image;

import java.util.regex.Pattern;

/**
 * The account and the region that a resource belongs to; names are unique within the pair.
 *
 * @param accountId twelve digits; empty for what is public; of an image that a policy has deleted,
 *     its own, which no account can have
 * @param region {@code us-east-1}
 */
public record Owner(String accountId, String region) {
  private static final Pattern ACCOUNT_ID = Pattern.compile("([0-9]{12}|deleted-[0-9a-f]{32})?");
  private static final String DELETED = "deleted-";
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,32}");

  public Owner {
    if (!ACCOUNT_ID.matcher(accountId).matches()) {
      throw new IllegalArgumentException("An account id must have twelve digits: " + accountId);
    }
    if (!REGION.matcher(region).matches()) {
      throw new IllegalArgumentException("Not a region: " + region);
    }
  }

  /** The owner of what is public in a region. */
  static Owner everyone(String region) {
    return new Owner("", region);
  }

  /** The owner of an image that a policy has deleted: every name is free there. */
  static Owner ofDeleted(Image image) {
    return new Owner(DELETED + image.id().replace("-", ""), image.owner().region());
  }

  /** Returns whether this is the owner of an image that a policy has deleted. */
  public boolean isOfDeleted() {
    return accountId.startsWith(DELETED);
  }

  @Override
  public String toString() {
    return (accountId.isEmpty() ? "everyone" : "account " + accountId) + " in " + region;
  }
}
