package dev.regild.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL, which several nodes share.
 *
 * <p>Every transaction that writes is SERIALIZABLE, and runs again if it conflicts with another
 * one. The registry's checks read more rows than they write (quotas, uses of an image, free names),
 * and were written for a database with one writer. SERIALIZABLE keeps them correct, including those
 * that are added later; row locks in a fixed order would need thought with each new check. Within
 * one process, writers take turns as they do on SQLite, so only nodes conflict with each other.
 *
 * <p>Nothing is set for a session and no statement is prepared on the server, so a pooler that
 * gives each transaction another connection (pgbouncer's transaction pooling) makes no difference.
 */
record PostgresDialect(PostgresAddress address) implements Dialect {
  private static final int CONNECTIONS = 8;
  private static final Duration CONNECT = Duration.ofSeconds(3);

  /** For each statement, from its sending to its answer; migrations have none. */
  private static final Duration ANSWER = Duration.ofSeconds(4);

  private static final Duration PATIENCE = Duration.ofSeconds(4);

  /**
   * A node that stops inside a transaction (SIGSTOP, a cut cable) loses its locks after this time.
   */
  private static final String BEGIN =
      """
      SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
      SET LOCAL idle_in_transaction_session_timeout = '5s';
      SET LOCAL lock_timeout = '3s'\
      """;

  /**
   * serialization_failure, deadlock_detected; unique_violation, which PostgreSQL reports for some
   * races instead of the first; and in_failed_sql_transaction, which follows if a caller caught it.
   */
  private static final Set<String> LOST_RACE = Set.of("40001", "40P01", "23505", "25P02");

  /** Shutdown, crash, start; too many connections; idle in a transaction; lock not available. */
  private static final Set<String> OUTAGE =
      Set.of("57P01", "57P02", "57P03", "57P05", "53300", "25P03", "55P03");

  /** A standby, a full disk or too little memory, damaged files. */
  private static final Set<String> OF_DATABASE =
      Set.of("25006", "53100", "53200", "58000", "58030", "XX001", "XX002");

  @Override
  public HikariDataSource pool() throws SQLException {
    requireUsable();
    HikariConfig config = new HikariConfig();
    config.setPoolName("regild-db");
    PGSimpleDataSource source = source();
    source.setSocketTimeout((int) ANSWER.toSeconds());
    config.setDataSource(source);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECT.toMillis());
    config.setValidationTimeout(1_000);
    config.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    config.setMaxLifetime(Duration.ofMinutes(30).toMillis());
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  private PGSimpleDataSource source() {
    PGSimpleDataSource source = address.source();
    source.setApplicationName("regild");
    source.setConnectTimeout((int) CONNECT.toSeconds());
    source.setLoginTimeout((int) CONNECT.toSeconds());
    source.setTcpKeepAlive(true);
    // Statements that stay prepared in a connection mix up the clients of a pooler.
    source.setPrepareThreshold(0);
    return source;
  }

  /**
   * Connects once.
   *
   * @throws IllegalStateException if its encoding is not UTF8, or its version too old
   */
  private void requireUsable() throws SQLException {
    try (Connection connection = source().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT current_setting('server_encoding'),"
                    + " current_setting('server_version_num')::int / 10000")) {
      row.next();
      if (!row.getString(1).equals("UTF8")) {
        throw new IllegalStateException(
            "its encoding is %s. Create it with ENCODING 'UTF8'".formatted(row.getString(1)));
      }
      if (row.getInt(2) < 15) {
        throw new IllegalStateException(
            "it is PostgreSQL %d. Use version 15 or newer".formatted(row.getInt(2)));
      }
    }
  }

  /** Uses connections of its own, so that what Flyway sets for a session ends with them. */
  @Override
  public void migrate(HikariDataSource pool) {
    new Migrations(source()).runBeside(Migrations.POSTGRESQL);
  }

  @Override
  public void configure(Jdbi jdbi) {
    jdbi.registerArgument(new StorableText());
  }

  @Override
  public void begin(Handle handle) {
    handle.execute(BEGIN);
  }

  @Override
  public Optional<Duration> patience() {
    return Optional.of(PATIENCE);
  }

  @Override
  public boolean isLostRace(SQLException failure) {
    return LOST_RACE.contains(state(failure));
  }

  /**
   * Class 08 means that a connection is lost or can't be made. The pool's time-out has no state.
   */
  @Override
  public boolean isOutage(SQLException failure) {
    return failure instanceof java.sql.SQLTransientConnectionException
        || state(failure).startsWith("08")
        || OUTAGE.contains(state(failure));
  }

  @Override
  public boolean isOfDatabase(SQLException failure) {
    return isOutage(failure) || OF_DATABASE.contains(state(failure));
  }

  private static String state(SQLException failure) {
    String state = failure.getSQLState();
    return state == null ? "" : state;
  }

  /** Takes a transaction number, which fails on a standby or a full disk. */
  @Override
  public void probe(Handle handle) {
    handle.execute("SELECT pg_current_xact_id()");
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public String name() {
    return address.toString();
  }
}
