package dev.regild.console.view;

import java.util.List;

/**
 * The limits of one account.
 *
 * @param limits every quota
 */
public record QuotasPage(String account, String accountId, List<Limit> limits, Commands command) {
  /**
   * A quota.
   *
   * @param key names it in the form
   * @param name what people call it
   * @param value the account's own limit as it is typed; empty for the server's
   * @param server the server's limit
   * @param most the largest value
   * @param error what is wrong with the value; empty if nothing is
   */
  public record Limit(String key, String name, String value, int server, int most, String error) {}
}
