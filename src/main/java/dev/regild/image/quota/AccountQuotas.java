package dev.regild.image.quota;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The limits that single accounts have, in place of the server's. */
public final class AccountQuotas {
  private AccountQuotas() {}

  /** From now on, this limit holds for the account, in every region. */
  public static void put(Handle handle, String accountId, Quota quota, int limit) {
    handle
        .createUpdate(
            """
            INSERT INTO account_quota (account_id, quota, quota_limit)
            VALUES (:account, :quota, :limit)
            ON CONFLICT (account_id, quota) DO UPDATE SET quota_limit = excluded.quota_limit
            """)
        .bind("account", accountId)
        .bind("quota", quota.name())
        .bind("limit", quota.requireFit(limit))
        .execute();
  }

  /** From now on, the server's limit holds again. */
  public static void remove(Handle handle, String accountId, Quota quota) {
    handle
        .createUpdate("DELETE FROM account_quota WHERE account_id = :account AND quota = :quota")
        .bind("account", accountId)
        .bind("quota", quota.name())
        .execute();
  }

  /** The limits that the account has of its own. */
  public static SortedMap<Quota, Integer> list(Handle handle, String accountId) {
    SortedMap<Quota, Integer> limits = new TreeMap<>();
    handle
        .createQuery("SELECT quota, quota_limit FROM account_quota WHERE account_id = :account")
        .bind("account", accountId)
        .map(
            (row, _) -> Map.entry(Quota.valueOf(row.getString("quota")), row.getInt("quota_limit")))
        .forEach(limit -> limits.put(limit.getKey(), limit.getValue()));
    return limits;
  }
}
