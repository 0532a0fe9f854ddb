package dev.regild.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.regild.account.Account.Status;
import dev.regild.db.Database;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The accounts and their access keys. Each call is a transaction of its own. */
public final class Accounts {
  private static final Logger LOG = LoggerFactory.getLogger(Accounts.class);

  /** How long a key may still be accepted after another process has changed it. */
  private static final Duration CACHED = Duration.ofMillis(500);

  private static final int CACHED_KEYS = 1_000;

  private static final String SELECT_KEY =
      """
      SELECT k.id AS key_id, k.sealed_secret, k.read_only, k.enabled,
             a.id, a.name, a.status, a.created,
             p.issuer, p.subject, p.name AS person_name
        FROM access_key k JOIN account a ON a.id = k.account_id
        LEFT JOIN person p ON p.key_id = k.id
      """;

  private final Database database;
  private final MasterKey masterKey;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Cache<String, @Nullable AccessKey> cache;

  /** The ids of keys of which it is known that they were used before. */
  private final Cache<String, Boolean> used =
      Caffeine.newBuilder().maximumSize(CACHED_KEYS).build();

  /**
   * @throws WrongMasterKeyException if the keys that are stored can't be read with the master key
   */
  public Accounts(Database database, MasterKey masterKey, Clock clock) {
    this(database, masterKey, clock, Ticker.systemTicker());
  }

  /**
   * @param sinceCached tells how old a cached key is: no clock that is set back, which would keep a
   *     disabled key valid until it has caught up
   */
  Accounts(Database database, MasterKey masterKey, Clock clock, Ticker sinceCached) {
    this.database = database;
    this.masterKey = masterKey;
    this.clock = clock;
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(CACHED_KEYS)
            .expireAfterWrite(CACHED)
            .ticker(sinceCached)
            .build();
    database.read(handle ->
        handle.createQuery(SELECT_KEY + " LIMIT 1").map((row, _) -> key(row)).findFirst());
  }

  /** Makes an account with a random id. */
  public Account create(String name) {
    Account account = newAccount(name);
    database.useTransaction(handle -> insert(handle, account));
    return account;
  }

  /**
   * The account of that id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Account require(String id) {
    return find(id).orElseThrow(() -> new IllegalArgumentException("No such account: " + id + "."));
  }

  public Optional<Account> find(String id) {
    return database.read(handle ->
        handle
            .createQuery("SELECT id, name, status, created FROM account WHERE id = :id")
            .bind("id", id)
            .map((row, _) -> account(row))
            .findOne());
  }

  /** All accounts, by id. */
  public List<Account> list() {
    return database.read(handle ->
        handle
            .createQuery("SELECT id, name, status, created FROM account ORDER BY id")
            .map((row, _) -> account(row))
            .list());
  }

  /** Makes and stores an access key; the answer is the only place that shows its secret. */
  public AccessKey createKey(Account account, boolean readOnly) {
    AccessKey key = AccessKey.generate(account, readOnly);
    database.useTransaction(handle -> insert(handle, key));
    return key;
  }

  /**
   * The key of that id, with its account as it is now; a change by another process shows within a
   * second.
   */
  public Optional<AccessKey> findKey(String id) {
    return Optional.ofNullable(cache.get(id, this::stored));
  }

  /** The same for a key that signs requests: not that of a person. */
  public Optional<AccessKey> findSigningKey(String id) {
    return findKey(id).filter(key -> key.person().isEmpty());
  }

  /**
   * Notes that somebody has proved to have a key. An event tells its account of the first time. If
   * that can't be recorded now, the next use is the first one.
   *
   * @param address of the client
   */
  public void used(String keyId, String accountId, String region, String address) {
    if (used.getIfPresent(keyId) != null) {
      return;
    }
    try {
      if (database.read(handle -> isUnused(handle, keyId))) {
        database.useTransaction(handle -> firstUse(handle, keyId, accountId, region, address));
      }
      used.put(keyId, true);
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("key", keyId)
          .addKeyValue("reason", e.toString())
          .log("the first use of a key was not recorded");
    }
  }

  private static boolean isUnused(Handle handle, String keyId) {
    return handle
        .createQuery("SELECT 1 FROM access_key WHERE id = :id AND first_used IS NULL")
        .bind("id", keyId)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  private void firstUse(
      Handle handle, String keyId, String accountId, String region, String address) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    int changed =
        handle
            .createUpdate(
                "UPDATE access_key SET first_used = :now WHERE id = :id AND first_used IS NULL")
            .bind("now", now.toEpochMilli())
            .bind("id", keyId)
            .execute();
    // Of several nodes that have seen it at once, one tells.
    if (changed == 1) {
      Events.append(
          handle,
          new Event(
              EventType.KEY_FIRST_USED,
              accountId,
              "",
              keyId,
              Map.of("key", keyId, "region", region, "address", address)),
          now);
    }
  }

  private @Nullable AccessKey stored(String id) {
    return database.read(handle ->
        handle
            .createQuery(SELECT_KEY + " WHERE k.id = :id")
            .bind("id", id)
            .map((row, _) -> key(row))
            .findOne()
            .orElse(null));
  }

  /** The account's keys, by id; with their secrets, which are not for showing. */
  public List<AccessKey> keys(String accountId) {
    return database.read(handle ->
        handle
            .createQuery(SELECT_KEY + " WHERE a.id = :account ORDER BY k.id")
            .bind("account", accountId)
            .map((row, _) -> key(row))
            .list());
  }

  /**
   * Accepts the account's key from now on, or refuses it.
   *
   * @throws IllegalArgumentException if the account has no such key
   */
  public void setEnabled(String accountId, String keyId, boolean enabled) {
    change(
        "UPDATE access_key SET enabled = :enabled WHERE id = :id AND account_id = :account",
        Map.of("enabled", enabled, "id", keyId, "account", accountId),
        noKey(accountId, keyId));
  }

  /**
   * Forgets the account's key.
   *
   * @throws IllegalArgumentException if the account has no such key
   */
  public void deleteKey(String accountId, String keyId) {
    change(
        "DELETE FROM access_key WHERE id = :id AND account_id = :account",
        Map.of("id", keyId, "account", accountId),
        noKey(accountId, keyId));
  }

  /** From now on every call of the account is refused. */
  public void suspend(String accountId) {
    setStatus(accountId, Status.SUSPENDED);
  }

  public void resume(String accountId) {
    setStatus(accountId, Status.ACTIVE);
  }

  Account newAccount(String name) {
    String id = "%012d".formatted(random.nextLong(100_000_000_000L, 1_000_000_000_000L));
    return new Account(id, name, Status.ACTIVE, Instant.ofEpochMilli(clock.millis()));
  }

  /** Adds an account with its key, unless there is any account; whether it was added. */
  boolean addFirst(Account account, AccessKey key) {
    return database.inTransaction(handle -> {
      boolean isFirst =
          handle.createQuery("SELECT COUNT(*) FROM account").mapTo(Long.class).one() == 0;
      if (isFirst) {
        insert(handle, account);
        insert(handle, key);
      }
      return isFirst;
    });
  }

  private void setStatus(String accountId, Status status) {
    change(
        "UPDATE account SET status = :status WHERE id = :id",
        Map.of("status", status.name(), "id", accountId),
        "No such account: " + accountId + ".");
  }

  private void change(String sql, Map<String, ?> values, String missing) {
    int changed =
        database.inTransaction(handle -> handle.createUpdate(sql).bindMap(values).execute());
    forgetCached();
    if (changed == 0) {
      throw new IllegalArgumentException(missing);
    }
  }

  /** Has the next question about a key read what is stored. */
  void forgetCached() {
    cache.invalidateAll();
  }

  private static String noKey(String accountId, String keyId) {
    return "The account %s has no access key %s.".formatted(accountId, keyId);
  }

  private static void insert(Handle handle, Account account) {
    handle
        .createUpdate(
            """
            INSERT INTO account (id, name, status, created)
            VALUES (:id, :name, :status, :created)
            """)
        .bind("id", account.id())
        .bind("name", account.name())
        .bind("status", account.status().name())
        .bind("created", account.created().toEpochMilli())
        .execute();
  }

  void insert(Handle handle, AccessKey key) {
    handle
        .createUpdate(
            """
            INSERT INTO access_key (id, account_id, sealed_secret, read_only, enabled, created)
            VALUES (:id, :account, :sealed, :readOnly, :enabled, :created)
            """)
        .bind("id", key.id())
        .bind("account", key.account().id())
        .bind("sealed", masterKey.seal(key.id(), key.secret()))
        .bind("readOnly", key.readOnly())
        .bind("enabled", key.enabled())
        .bind("created", clock.millis())
        .execute();
  }

  private static Account account(ResultSet row) throws SQLException {
    return new Account(
        row.getString("id"),
        row.getString("name"),
        Status.valueOf(row.getString("status")),
        Instant.ofEpochMilli(row.getLong("created")));
  }

  private AccessKey key(ResultSet row) throws SQLException {
    String id = row.getString("key_id");
    return new AccessKey(
        id,
        masterKey.open(id, row.getBytes("sealed_secret")),
        account(row),
        row.getBoolean("read_only"),
        row.getBoolean("enabled"),
        person(row));
  }

  private static Optional<Person> person(ResultSet row) throws SQLException {
    String subject = row.getString("subject");
    return subject == null
        ? Optional.empty()
        : Optional.of(new Person(row.getString("issuer"), subject, row.getString("person_name")));
  }
}
