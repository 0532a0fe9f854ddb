package dev.regild.account;

import dev.regild.db.Database;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The people who log in with OpenID Connect. Each has an access key in the account that they work
 * in: it has the person's rights, names the person in the audit, and can be disabled like any
 * other. Nobody knows its secret, and no signature made with it is accepted.
 */
public final class People {
  private final Database database;
  private final Accounts accounts;

  public People(Database database, Accounts accounts) {
    this.database = database;
    this.accounts = accounts;
  }

  /**
   * The key of a person in an account, made at the first login. From now on it has these rights,
   * also in sessions that are open.
   */
  public AccessKey admit(Person person, Account account, boolean readOnly) {
    String id =
        database.inTransaction(handle -> {
          Optional<String> known = find(handle, person, account);
          if (known.isPresent()) {
            update(handle, known.get(), person, readOnly);
            return known.get();
          }
          AccessKey made = AccessKey.generate(account, readOnly);
          accounts.insert(handle, made);
          // Of two first logins at once, one is refused here, and runs again from its beginning.
          insert(handle, made, person);
          return made.id();
        });
    accounts.forgetCached();
    return accounts.findKey(id).orElseThrow();
  }

  private static Optional<String> find(Handle handle, Person person, Account account) {
    return handle
        .createQuery(
            """
            SELECT key_id FROM person
             WHERE issuer = :issuer AND subject = :subject AND account_id = :account
            """)
        .bind("issuer", person.issuer())
        .bind("subject", person.subject())
        .bind("account", account.id())
        .mapTo(String.class)
        .findOne();
  }

  private static void update(Handle handle, String key, Person person, boolean readOnly) {
    handle
        .createUpdate("UPDATE person SET name = :name WHERE key_id = :key")
        .bind("name", person.name())
        .bind("key", key)
        .execute();
    handle
        .createUpdate("UPDATE access_key SET read_only = :readOnly WHERE id = :key")
        .bind("readOnly", readOnly)
        .bind("key", key)
        .execute();
  }

  private static void insert(Handle handle, AccessKey key, Person person) {
    handle
        .createUpdate(
            """
            INSERT INTO person (key_id, account_id, issuer, subject, name)
            VALUES (:key, :account, :issuer, :subject, :name)
            """)
        .bind("key", key.id())
        .bind("account", key.account().id())
        .bind("issuer", person.issuer())
        .bind("subject", person.subject())
        .bind("name", person.name())
        .execute();
  }
}
