package dev.regild.db;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;

/**
 * The database: one SQLite file that its owner alone can read, or a PostgreSQL that several nodes
 * share. Every commit is durable when it returns.
 *
 * <p>The classes of the registry take a {@link Handle} for each call, so that a caller decides what
 * belongs together: {@code database.inTransaction(handle -> ...)} for what changes something,
 * {@code database.read(handle -> ...)} for queries. On PostgreSQL, a transaction that conflicts
 * with another node's runs again from its beginning. So it only uses the database: it makes no
 * network call, and no change to a file that can't be repeated.
 */
public final class Database implements AutoCloseable {
  /** The pause between two attempts to reach a database at the start. */
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);

  /** How often a transaction runs that meets another one's key, which may be there for good. */
  private static final int MOST_COLLISIONS = 4;

  /** For this time after a failed connection, nobody else tries to connect. */
  private static final Duration OUTAGE_KNOWN = Duration.ofSeconds(1);

  private static final long LONGEST_PAUSE_NANOS = 100_000_000;

  /** Parses a statement once in a process, whatever database it is for. */
  private static final SqlParser PARSER = new StatementParser();

  private static final TemplateEngine TEMPLATES = new StatementTemplates();

  /** The threads that are inside a transaction, of whichever database. */
  private static final Set<Thread> IN_TRANSACTIONS = ConcurrentHashMap.newKeySet();

  private final Dialect dialect;
  private final HikariDataSource dataSource;
  private final Jdbi jdbi;

  /**
   * SQLite has one writer at a time. Who waits here waits in turn, and doesn't hold a carrier
   * thread in SQLite's own sleep as it would there; the busy timeout stays for writers elsewhere.
   * On PostgreSQL it keeps a process's own transactions from conflicting with each other.
   */
  private final ReentrantLock writing = new ReentrantLock(true);

  private final AtomicLong commits = new AtomicLong();
  private volatile @Nullable String writeProblem;
  private volatile @Nullable Clock clock;

  /** When a connection last failed, by {@link System#nanoTime}; null after one succeeded. */
  private volatile @Nullable Long unreachable;

  private Database(Dialect dialect, HikariDataSource dataSource) {
    this.dialect = dialect;
    this.dataSource = dataSource;
    this.jdbi = jdbi(dataSource);
    dialect.configure(jdbi);
  }

  /** Access to a database by statements that are parsed once in a process. */
  static Jdbi jdbi(DataSource dataSource) {
    Jdbi jdbi = Jdbi.create(dataSource);
    jdbi.getConfig(SqlStatements.class).setSqlParser(PARSER).setTemplateEngine(TEMPLATES);
    return jdbi;
  }

  /**
   * Opens the embedded database, creates it if it doesn't exist, and brings its tables up to date.
   *
   * @throws IOException if the file can't be made
   * @throws IllegalStateException if it is not a database of this version or an earlier one
   */
  public static Database open(Path file) throws IOException {
    if (Files.notExists(file)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return open(new SqliteDialect(file), "Use the version that made it, or restore a backup.");
  }

  /**
   * Opens a PostgreSQL database and brings its tables up to date.
   *
   * @throws DatabaseUnavailableException if it can't be reached
   * @throws IllegalStateException if it refuses the connection, or was not made by this version or
   *     an earlier one
   */
  public static Database open(PostgresAddress address) {
    return open(
        new PostgresDialect(address),
        "Check the address, the role and its password, and that the role owns the database.");
  }

  /**
   * Opens a PostgreSQL database as it is, only to look at it.
   *
   * @throws DatabaseUnavailableException if it can't be reached
   * @throws IllegalStateException if it refuses the connection
   */
  public static Database inspect(PostgresAddress address) {
    return open(
        new PostgresDialect(address), false, "Check the address, the role and its password.");
  }

  /**
   * Opens a PostgreSQL database like {@link #open(PostgresAddress)}, and waits until it can be
   * reached.
   *
   * @param waiting receives the reason why the first attempt failed
   */
  public static Database await(PostgresAddress address, Consumer<String> waiting)
      throws InterruptedException {
    boolean told = false;
    while (true) {
      try {
        return open(address);
      } catch (DatabaseUnavailableException e) {
        if (!told) {
          waiting.accept(e.getMessage());
          told = true;
        }
        Thread.sleep(BETWEEN_ATTEMPTS);
      }
    }
  }

  private static Database open(Dialect dialect, String remedy) {
    return open(dialect, true, remedy);
  }

  private static Database open(Dialect dialect, boolean migrating, String remedy) {
    HikariDataSource dataSource = null;
    try {
      dataSource = dialect.pool();
      if (migrating) {
        dialect.migrate(dataSource);
      }
      return new Database(dialect, dataSource);
    } catch (SQLException | RuntimeException e) {
      if (dataSource != null) {
        dataSource.close();
      }
      if (ofDatabase(e).filter(dialect::isOutage).isPresent()) {
        throw unavailable(dialect, e);
      }
      throw new IllegalStateException(
          "Cannot open the database %s: %s. %s".formatted(dialect.name(), reason(e), remedy), e);
    }
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
  }

  /** For jobs that keep their own connections; each statement commits by itself. */
  DataSource dataSource() {
    return dataSource;
  }

  public Jdbi jdbi() {
    return jdbi;
  }

  /**
   * A data source whose connections are the handle's own, so that a part which wants a data source
   * (the job scheduler's client) writes inside the handle's transaction. Closing them does nothing.
   */
  static DataSource joining(Handle handle) {
    return new JoiningDataSource(handle.getConnection());
  }

  /**
   * Runs all of the work or none of it. It sees no half-done work of others, and what it read stays
   * true until it has committed. The work runs again if a transaction of another node made that
   * impossible.
   *
   * @throws IllegalStateException if the thread is inside a transaction already
   * @throws DatabaseUnavailableException if a PostgreSQL can't be asked, or others keep this
   *     transaction from its end for seconds
   */
  public <T, X extends Exception> T inTransaction(HandleCallback<T, X> work) throws X {
    if (writing.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "This thread is inside a transaction; hand its handle on instead of opening another.");
    }
    long start = System.nanoTime();
    lockForWriting();
    try {
      return committed(work, start);
    } finally {
      writing.unlock();
    }
  }

  private void lockForWriting() {
    Optional<Duration> patience = dialect.patience();
    if (patience.isEmpty()) {
      writing.lock();
      return;
    }
    try {
      if (writing.tryLock(patience.get().toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new DatabaseUnavailableException(
        "Earlier transactions did not finish in time. Try again.");
  }

  /**
   * Why the last transaction failed, if that was for the database's own sake: its disk is full or
   * read-only, its file is damaged, its server is away. Empty once another one has succeeded.
   */
  public Optional<String> writeProblem() {
    return Optional.ofNullable(writeProblem);
  }

  /**
   * Tries a transaction that changes nothing, unless somebody is writing, to see whether what
   * {@link #writeProblem} tells of has passed. Waits for nobody.
   */
  public void retryWriting() {
    if (writing.isHeldByCurrentThread() || !writing.tryLock()) {
      return;
    }
    try {
      committed(
          handle -> {
            dialect.probe(handle);
            return true;
          },
          System.nanoTime());
    } catch (RuntimeException e) {
      // It is what the problem says now.
    } finally {
      writing.unlock();
    }
  }

  private <T, X extends Exception> T committed(HandleCallback<T, X> work, long start) throws X {
    for (int attempt = 1; ; attempt++) {
      try {
        requireReachable();
        T result =
            jdbi.inTransaction(handle -> {
              dialect.begin(handle);
              IN_TRANSACTIONS.add(Thread.currentThread());
              try {
                return work.withHandle(handle);
              } finally {
                IN_TRANSACTIONS.remove(Thread.currentThread());
              }
            });
        commits.incrementAndGet();
        writeProblem = null;
        unreachable = null;
        return result;
      } catch (RuntimeException e) {
        Optional<SQLException> cause = ofDatabase(e);
        if (cause.filter(dialect::isLostRace).isPresent()
            && mayRunAgain(cause.get(), attempt, start)) {
          pause(attempt);
          continue;
        }
        if (cause.filter(dialect::isOfDatabase).isPresent()) {
          writeProblem = String.valueOf(e.getMessage());
        }
        throw translated(e);
      }
    }
  }

  private boolean mayRunAgain(SQLException lost, int attempt, long start) {
    boolean collision = String.valueOf(lost.getSQLState()).startsWith("2");
    long left = dialect.patience().orElse(Duration.ZERO).toNanos() - (System.nanoTime() - start);
    return left > 0 && !(collision && attempt >= MOST_COLLISIONS);
  }

  /** Pauses for up to a tenth of a second, so that two nodes don't conflict again. */
  private static void pause(int attempt) {
    long most = Math.min(LONGEST_PAUSE_NANOS, 2_000_000L << Math.min(attempt, 10));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
  }

  /**
   * Whether this thread is outside every transaction, as whoever calls another machine has to be: a
   * transaction that waits for one keeps others from theirs, and may run again.
   */
  public static boolean isOutsideTransactions() {
    return !IN_TRANSACTIONS.contains(Thread.currentThread());
  }

  /** Whether this thread is inside a transaction. */
  public boolean isInTransaction() {
    return writing.isHeldByCurrentThread();
  }

  /**
   * Runs work that changes something inside the transaction of this thread, or else in one of its
   * own.
   */
  public <T, X extends Exception> T joinTransaction(HandleCallback<T, X> work) throws X {
    return isInTransaction() ? read(work) : inTransaction(work);
  }

  /** {@link #inTransaction} for work that has no result. */
  public <X extends Exception> void useTransaction(HandleConsumer<X> work) throws X {
    inTransaction(handle -> {
      work.useHandle(handle);
      return true;
    });
  }

  /**
   * Runs work that only reads; each of its statements sees the last commit before it.
   *
   * @throws DatabaseUnavailableException if a PostgreSQL can't be asked
   */
  public <T, X extends Exception> T read(HandleCallback<T, X> work) throws X {
    try {
      requireReachable();
      T result = jdbi.withHandle(work);
      unreachable = null;
      return result;
    } catch (RuntimeException e) {
      throw translated(e);
    }
  }

  /** Whoever comes right after a failed attempt need not wait. */
  private void requireReachable() {
    Long since = unreachable;
    if (since != null && System.nanoTime() - since < OUTAGE_KNOWN.toNanos()) {
      throw unavailable(dialect, null);
    }
  }

  private RuntimeException translated(RuntimeException e) {
    Optional<SQLException> cause = ofDatabase(e);
    if (cause.isEmpty() || e instanceof DatabaseUnavailableException) {
      return e;
    }
    if (dialect.isOutage(cause.get())) {
      if (e instanceof ConnectionException) {
        unreachable = System.nanoTime();
      }
      return unavailable(dialect, e);
    }
    return dialect.isLostRace(cause.get())
            && String.valueOf(cause.get().getSQLState()).startsWith("4")
        ? new DatabaseUnavailableException(
            "Other transactions kept changing the same data. Try again.", e)
        : e;
  }

  private static DatabaseUnavailableException unavailable(Dialect dialect, @Nullable Exception e) {
    String message = "The database %s can't be reached".formatted(dialect.name());
    return e == null
        ? new DatabaseUnavailableException(message + ".")
        : new DatabaseUnavailableException(message + ": " + reason(e) + ".", e);
  }

  private static Optional<SQLException> ofDatabase(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return Optional.of(sql);
      }
    }
    return Optional.empty();
  }

  /** How many transactions this process has committed; what others commit is not counted. */
  long commits() {
    return commits.get();
  }

  /** Whether processes on other machines, with other clocks, may use the database. */
  public boolean isShared() {
    return dialect.isShared();
  }

  /**
   * Returns the clock by which the registry's times are written: the machine's, or that of a shared
   * database, so that it does not matter how the clocks of the nodes are set.
   */
  public Clock clock() {
    Clock known = clock;
    if (known == null) {
      known = isShared() ? new DatabaseClock(this) : Clock.systemUTC();
      clock = known;
    }
    return known;
  }

  @Override
  public void close() {
    dataSource.close();
  }
}
