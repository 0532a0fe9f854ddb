package dev.regild.console.view;

import java.time.Instant;
import java.util.List;

/** The account of whoever is logged in: its keys, its sessions, its quotas. */
public record SettingsPage(
    String account,
    String accountId,
    List<Key> keys,
    List<Login> sessions,
    List<Limit> quotas,
    Instant now) {
  /** An access key. */
  public record Key(String id, boolean readOnly, boolean enabled, boolean own) {}

  /** A session. */
  public record Login(
      String id,
      String keyId,
      String region,
      Instant created,
      Instant lastSeen,
      String address,
      String browser,
      boolean own) {}

  /** A quota. */
  public record Limit(String name, long value) {}
}
