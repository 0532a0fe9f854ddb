package dev.regild.db;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * What differs between the databases; every statement of the registry is the same text for both.
 */
sealed interface Dialect permits SqliteDialect, PostgresDialect {
  /**
   * Opens the pool of connections. Does not wait for the database.
   *
   * @throws SQLException if the database can't be reached or refuses the connection
   */
  HikariDataSource pool() throws SQLException;

  /** Brings the tables up to date. */
  void migrate(HikariDataSource pool);

  /** Says how values are written where the database accepts less than Java does. */
  default void configure(Jdbi jdbi) {}

  /** The first statements of each transaction that writes. */
  default void begin(Handle handle) {}

  /**
   * The longest that a caller waits until it may write, and all attempts of its transaction take;
   * empty for as long as the others need.
   */
  default Optional<Duration> patience() {
    return Optional.empty();
  }

  /** Whether the transaction lost against another one, and may succeed if it runs again. */
  default boolean isLostRace(SQLException failure) {
    return false;
  }

  /** Whether the database can't be asked at the moment. */
  default boolean isOutage(SQLException failure) {
    return false;
  }

  /** Whether the failure is the database's own, which no other transaction would be spared. */
  boolean isOfDatabase(SQLException failure);

  /** Writes something that changes nothing, and fails if nothing can be written. */
  void probe(Handle handle);

  /** Whether processes on other machines may work on the database, whose clocks are others. */
  default boolean isShared() {
    return false;
  }

  /** Names the database in messages; without secrets. */
  String name();
}
