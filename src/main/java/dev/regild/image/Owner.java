package dev.regild.image;

import java.util.regex.Pattern;

/**
 * The account and the region that a resource belongs to; names are unique within the pair.
 *
 * @param accountId twelve digits; empty for what is public
 * @param region {@code us-east-1}
 */
public record Owner(String accountId, String region) {
  private static final Pattern ACCOUNT_ID = Pattern.compile("([0-9]{12})?");
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

  @Override
  public String toString() {
    return (accountId.isEmpty() ? "everyone" : "account " + accountId) + " in " + region;
  }
}
