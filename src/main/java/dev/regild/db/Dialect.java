package dev.regild.db;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The differences between the databases. Every statement of the registry is the same for both. */
sealed interface Dialect permits SqliteDialect, PostgresDialect {
  /**
   * Opens the pool of connections. Does not wait for the database.
   *
   * @throws SQLException if the database can't be reached or refuses the connection
   */
  HikariDataSource pool() throws SQLException;

  /** Brings the tables up to date. */
  void migrate(HikariDataSource pool);

  /** Registers how to write values that the database does not accept as they are. */
  default void configure(Jdbi jdbi) {}

  /** The first statements of each transaction that writes. */
  default void begin(Handle handle) {}

  /**
   * Returns how long a caller waits for its turn to write, and how long all attempts of its
   * transaction may take. Empty means no limit.
   */
  default Optional<Duration> patience() {
    return Optional.empty();
  }

  /** Whether the transaction conflicted with another one, and may succeed if it runs again. */
  default boolean isLostRace(SQLException failure) {
    return false;
  }

  /** Whether the database is unreachable at the moment. */
  default boolean isOutage(SQLException failure) {
    return false;
  }

  /** Whether the failure is the database's own, so that any other transaction would fail too. */
  boolean isOfDatabase(SQLException failure);

  /** Writes something that changes nothing, and fails if nothing can be written. */
  void probe(Handle handle);

  /** Whether processes on other machines, with other clocks, may use the database. */
  default boolean isShared() {
    return false;
  }

  /** Names the database in messages; without secrets. */
  String name();
}
