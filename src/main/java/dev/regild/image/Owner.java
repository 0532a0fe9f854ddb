package dev.regild.image;

/**
 * The account and the region that a resource belongs to; names are unique within the pair.
 *
 * @param accountId twelve digits; empty for what is public
 * @param region {@code us-east-1}
 */
public record Owner(String accountId, String region) {
  public Owner {
    if (!accountId.matches("(\\d{12})?")) {
      throw new IllegalArgumentException("An account id has twelve digits: " + accountId);
    }
    if (!region.matches("[a-z0-9-]{1,32}")) {
      throw new IllegalArgumentException("This is no region: " + region);
    }
  }

  /** The owner of what is public in a region. */
  public static Owner everyone(String region) {
    return new Owner("", region);
  }

  @Override
  public String toString() {
    return (accountId.isEmpty() ? "everyone" : "account " + accountId) + " in " + region;
  }
}
