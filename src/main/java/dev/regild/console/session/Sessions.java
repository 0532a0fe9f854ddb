package dev.regild.console.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.account.Person;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Who is logged in. A browser holds a token, the database its hash. A session ends when nobody has
 * used it for {@link #IDLE}, and {@link #LONGEST} after the login. Its token is replaced every
 * {@link #ROTATION}.
 */
public final class Sessions {
  public static final Duration IDLE = Duration.ofHours(1);
  static final Duration LONGEST = Duration.ofHours(12);
  static final Duration ROTATION = Duration.ofMinutes(15);

  /** Requests that a browser has sent before it learned of its new token. */
  private static final Duration OLD_TOKEN_ACCEPTED = Duration.ofMinutes(1);

  /** The time of the last request is not worth a write for each. */
  private static final Duration SEEN_PRECISION = Duration.ofMinutes(1);

  private static final Duration CODE_GOOD_FOR = Duration.ofMinutes(30);

  /** One more login ends the oldest. */
  private static final int MOST_OF_KEY = 20;

  private static final int LONGEST_BROWSER = 200;
  private static final String SESSION =
      "id, key_id, region, created, last_seen, rotated, address, browser, token_hash";

  private final Database database;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public Sessions(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** A session with the token that its browser holds from now on. */
  public record Opened(Session session, String token) {}

  /**
   * A session with the token that was found for it.
   *
   * @param newToken what the browser has to hold from now on, if the token was replaced
   */
  public record Found(Session session, Optional<String> newToken) {}

  /** What a request means for its session. */
  public enum Use {
    /** A page, which can bring a new token to the browser. */
    PAGE,
    /** A part of a page, one of many at a time maybe. */
    PART,
    /** The page asks by itself: nobody need be there. */
    POLL
  }

  /** What a login code is good for. */
  public record Login(String keyId, String region) {}

  public Opened open(Login login, String address, String browser) {
    Instant now = now();
    Session session =
        new Session(
            UUID.randomUUID().toString(),
            login.keyId(),
            login.region(),
            now,
            now,
            address,
            shortened(browser));
    String token = newToken();
    database.useTransaction(handle -> {
      removeEnded(handle);
      insert(handle, session, token);
      removeOldest(handle, session.keyId());
    });
    return new Opened(session, token);
  }

  /**
   * Finds the session of a token.
   *
   * @param use what the request is
   */
  public Optional<Found> find(String token, Use use) {
    Instant now = now();
    Optional<Row> row = database.read(handle -> find(handle, hash(token)));
    if (row.isEmpty() || row.get().endedAt(now)) {
      return Optional.empty();
    }
    Session session = row.get().session;
    boolean current = row.get().tokenHash.equals(hash(token));
    if (use == Use.PAGE && current && row.get().rotated.plus(ROTATION).isBefore(now)) {
      return Optional.of(new Found(session, rotate(session, token)));
    }
    if (use != Use.POLL && session.lastSeen().plus(SEEN_PRECISION).isBefore(now)) {
      database.useTransaction(handle -> seen(handle, session.id()));
    }
    return Optional.of(new Found(session, Optional.empty()));
  }

  /** Whether a session goes on; asking does not count as using it. */
  public boolean goesOn(String id) {
    return database
        .read(handle ->
            handle
                .createQuery("SELECT " + SESSION + " FROM console_session WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> Row.of(row))
                .findOne())
        .filter(row -> !row.endedAt(now()))
        .isPresent();
  }

  /** The sessions of an account that have not ended, the newest first. */
  public List<Session> list(String accountId) {
    Instant now = now();
    return database.read(handle ->
        handle
            .createQuery(
                "SELECT "
                    + SESSION
                    + """
                     FROM console_session
                     WHERE key_id IN (SELECT id FROM access_key WHERE account_id = :account)
                     ORDER BY created DESC, id
                    """)
            .bind("account", accountId)
            .map((row, _) -> Row.of(row))
            .list()
            .stream()
            .filter(row -> !row.endedAt(now))
            .map(row -> row.session)
            .toList());
  }

  /** Ends a session. */
  public void end(String id) {
    database.useTransaction(handle ->
        handle.createUpdate("DELETE FROM console_session WHERE id = :id").bind("id", id).execute());
  }

  /**
   * Ends the sessions of a person.
   *
   * @param but the key whose sessions go on; empty for none
   */
  public void endOf(Person person, Optional<String> but) {
    database.useTransaction(handle ->
        handle
            .createUpdate(
                """
                DELETE FROM console_session
                 WHERE key_id IN (SELECT key_id FROM person
                                   WHERE issuer = :issuer AND subject = :subject)
                   AND key_id <> :but
                """)
            .bind("issuer", person.issuer())
            .bind("subject", person.subject())
            .bind("but", but.orElse(""))
            .execute());
  }

  /**
   * Ends a session of an account.
   *
   * @return whether the account has such a session
   */
  public boolean revoke(String accountId, String id) {
    return database.inTransaction(handle ->
        handle
            .createUpdate(
                """
                DELETE FROM console_session
                 WHERE id = :id
                   AND key_id IN (SELECT id FROM access_key WHERE account_id = :account)
                """)
            .bind("id", id)
            .bind("account", accountId)
            .execute())
        > 0;
  }

  /**
   * Makes a code that logs in once, within half an hour.
   *
   * @param keyId the access key that the session acts with
   */
  public String newCode(String keyId, String region) {
    String code = newToken();
    database.useTransaction(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO console_login_code (code_hash, key_id, region, expires)
                VALUES (:hash, :key, :region, :expires)
                """)
            .bind("hash", hash(code))
            .bind("key", keyId)
            .bind("region", region)
            .bind("expires", now().plus(CODE_GOOD_FOR).toEpochMilli())
            .execute());
    return code;
  }

  /** Takes a code, which is of no use from then on. */
  public Optional<Login> redeem(String code) {
    return database.inTransaction(handle -> {
      Optional<Login> login =
          handle
              .createQuery(
                  """
                  SELECT key_id, region FROM console_login_code
                   WHERE code_hash = :hash AND expires > :now
                  """)
              .bind("hash", hash(code))
              .bind("now", now().toEpochMilli())
              .map((row, _) -> new Login(row.getString("key_id"), row.getString("region")))
              .findOne();
      handle
          .createUpdate("DELETE FROM console_login_code WHERE code_hash = :hash OR expires <= :now")
          .bind("hash", hash(code))
          .bind("now", now().toEpochMilli())
          .execute();
      return login;
    });
  }

  private record Row(Session session, Instant rotated, String tokenHash) {
    static Row of(ResultSet row) throws SQLException {
      return new Row(
          new Session(
              row.getString("id"),
              row.getString("key_id"),
              row.getString("region"),
              Instant.ofEpochMilli(row.getLong("created")),
              Instant.ofEpochMilli(row.getLong("last_seen")),
              row.getString("address"),
              row.getString("browser")),
          Instant.ofEpochMilli(row.getLong("rotated")),
          row.getString("token_hash"));
    }

    boolean endedAt(Instant now) {
      return session.lastSeen().plus(IDLE).isBefore(now)
          || session.created().plus(LONGEST).isBefore(now);
    }
  }

  private Optional<Row> find(Handle handle, String hash) {
    return handle
        .createQuery(
            "SELECT "
                + SESSION
                + """
                 FROM console_session
                 WHERE token_hash = :hash OR (previous_hash = :hash AND rotated > :since)
                """)
        .bind("hash", hash)
        .bind("since", now().minus(OLD_TOKEN_ACCEPTED).toEpochMilli())
        .map((row, _) -> Row.of(row))
        .findOne();
  }

  /** Replaces a token; empty if another request was quicker. */
  private Optional<String> rotate(Session session, String token) {
    String next = newToken();
    int changed =
        database.inTransaction(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE console_session
                       SET previous_hash = token_hash, token_hash = :next, rotated = :now,
                           last_seen = :now
                     WHERE id = :id AND token_hash = :hash
                    """)
                .bind("next", hash(next))
                .bind("now", now().toEpochMilli())
                .bind("id", session.id())
                .bind("hash", hash(token))
                .execute());
    return changed == 1 ? Optional.of(next) : Optional.empty();
  }

  private void seen(Handle handle, String id) {
    handle
        .createUpdate("UPDATE console_session SET last_seen = :now WHERE id = :id")
        .bind("now", now().toEpochMilli())
        .bind("id", id)
        .execute();
  }

  private static void insert(Handle handle, Session session, String token) {
    handle
        .createUpdate(
            """
            INSERT INTO console_session (
              id, token_hash, rotated, key_id, region, created, last_seen, address, browser)
            VALUES (:id, :hash, :created, :key, :region, :created, :created, :address, :browser)
            """)
        .bind("id", session.id())
        .bind("hash", hash(token))
        .bind("key", session.keyId())
        .bind("region", session.region())
        .bind("created", session.created().toEpochMilli())
        .bind("address", session.address())
        .bind("browser", session.browser())
        .execute();
  }

  private void removeEnded(Handle handle) {
    handle
        .createUpdate("DELETE FROM console_session WHERE created < :oldest OR last_seen < :idle")
        .bind("oldest", now().minus(LONGEST).toEpochMilli())
        .bind("idle", now().minus(IDLE).toEpochMilli())
        .execute();
  }

  private static void removeOldest(Handle handle, String keyId) {
    handle
        .createUpdate(
            """
            DELETE FROM console_session
             WHERE key_id = :key
               AND id NOT IN (SELECT id FROM console_session WHERE key_id = :key
                               ORDER BY created DESC, id LIMIT :most)
            """)
        .bind("key", keyId)
        .bind("most", MOST_OF_KEY)
        .execute();
  }

  /** Printable ASCII alone, which every database stores. */
  private static String shortened(String browser) {
    String printable = browser.replaceAll("[^ -~]", "?");
    return printable.substring(0, Math.min(printable.length(), LONGEST_BROWSER));
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  private String newToken() {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A token has 256 random bits, so its hash needs no salt and no slow function. */
  private static String hash(String token) {
    return Sha256.of(token.getBytes(US_ASCII));
  }
}
