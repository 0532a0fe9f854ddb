package dev.regild.account;

import org.jdbi.v3.core.Handle;

/** Which accounts are suspended, for queries on what accounts have. */
public final class Suspensions {
  /** A condition for rows with the column {@code account_id}: their account is not suspended. */
  public static final String NOT_SUSPENDED =
      "account_id NOT IN (SELECT id FROM account WHERE status = 'SUSPENDED')";

  private Suspensions() {}

  /** Returns whether an account is suspended. */
  public static boolean include(Handle handle, String accountId) {
    return handle
        .createQuery("SELECT 1 FROM account WHERE id = :id AND status = 'SUSPENDED'")
        .bind("id", accountId)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }
}
