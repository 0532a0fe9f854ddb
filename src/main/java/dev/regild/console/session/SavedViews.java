package dev.regild.console.session;

import dev.regild.db.Database;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Filters of the page of images that an account has given names. */
public record SavedViews(Database database) {
  /** As many as a page shows. */
  public static final int MOST = 50;

  /** In characters. */
  public static final int LONGEST_NAME = 60;

  /**
   * A view.
   *
   * @param query of the page's address
   */
  public record View(String name, String query) {}

  /** Returns an account's views, by name. */
  public List<View> list(String account) {
    return database.read(handle ->
        handle
            .createQuery(
                "SELECT name, query FROM console_view WHERE account_id = :account ORDER BY name")
            .bind("account", account)
            .map((row, _) -> new View(row.getString("name"), row.getString("query")))
            .list());
  }

  /**
   * Saves a view, in the place of one of the same name.
   *
   * @return false if the account has as many as it may
   */
  public boolean put(String account, View view) {
    return database.inTransaction(handle -> {
      if (count(handle, account, view.name()) >= MOST) {
        return false;
      }
      handle
          .createUpdate(
              """
              INSERT INTO console_view (account_id, name, query) VALUES (:account, :name, :query)
              ON CONFLICT (account_id, name) DO UPDATE SET query = excluded.query
              """)
          .bind("account", account)
          .bind("name", view.name())
          .bind("query", view.query())
          .execute();
      return true;
    });
  }

  /** Counts the others. */
  private static int count(Handle handle, String account, String name) {
    return handle
        .createQuery(
            "SELECT COUNT(*) FROM console_view WHERE account_id = :account AND name <> :name")
        .bind("account", account)
        .bind("name", name)
        .mapTo(Integer.class)
        .one();
  }

  /** Forgets a view; nothing happens if there is none of that name. */
  public void remove(String account, String name) {
    database.useTransaction(handle ->
        handle
            .createUpdate("DELETE FROM console_view WHERE account_id = :account AND name = :name")
            .bind("account", account)
            .bind("name", name)
            .execute());
  }
}
