package dev.regild.console.view;

import java.time.Instant;
import java.util.List;

/**
 * The account of whoever is logged in: its keys, its sessions, its quotas.
 *
 * @param mayChangeKeys whether the session is of a key that may change things
 * @param hasSecret whether it may, and somebody knows the key's secret, which confirms what
 *     outlives the session
 * @param operator whether whoever looks sees what all accounts share
 * @param accounts all of them; empty unless for an operator
 */
public record SettingsPage(
    String account,
    String accountId,
    List<Key> keys,
    List<Login> sessions,
    List<Limit> quotas,
    boolean mayChangeKeys,
    boolean hasSecret,
    boolean operator,
    List<Tenant> accounts,
    Commands command,
    Instant now) {
  /** An account of the server. */
  public record Tenant(
      String id, String name, boolean suspended, Instant created, int keys, boolean own) {}

  /**
   * An access key.
   *
   * @param person who acts with it; empty for one that a client has
   */
  public record Key(String id, String person, boolean readOnly, boolean enabled, boolean own) {}

  /**
   * A session.
   *
   * @param who the person, or the id of the access key
   */
  public record Login(
      String id,
      String who,
      String region,
      Instant created,
      Instant lastSeen,
      String address,
      String browser,
      boolean own) {}

  /** A quota. */
  public record Limit(String name, long value) {}
}
