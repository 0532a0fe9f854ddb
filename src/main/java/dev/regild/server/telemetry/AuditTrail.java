package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Activity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.commons.io.input.ReversedLinesFileReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the audit log, the newest line first. */
public final class AuditTrail {
  private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);

  /** Of all files together; whoever wants to look further back takes the files themselves. */
  private static final long MOST_READ = 16 << 20;

  /** How long a search waits for the one before it. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private static final JsonMapper JSON = JsonMapper.shared();

  private final AuditLog log;
  private final Duration longestWait;
  private final Semaphore turn = new Semaphore(1, true);

  public AuditTrail(AuditLog log) {
    this(log, LONGEST_WAIT);
  }

  AuditTrail(AuditLog log, Duration longestWait) {
    this.log = log;
    this.longestWait = longestWait;
  }

  /**
   * Returns the lines of one account, of the newest 16 MiB of the log. Searches run one at a time.
   *
   * @param limit how many at most
   * @throws ApiException ThrottlingException if others search for too long
   */
  public List<Activity> of(String accountId, Activity.Filter filter, int limit)
      throws InterruptedException {
    return inTurn(() -> found(accountId, filter, limit));
  }

  /** Runs a search as the only one. */
  <T> T inTurn(Supplier<T> search) throws InterruptedException {
    if (!turn.tryAcquire(longestWait.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new ApiException(
          ErrorType.THROTTLING,
          "The audit log is being searched for others. Try again in a few seconds.");
    }
    try {
      return search.get();
    } finally {
      turn.release();
    }
  }

  private List<Activity> found(String accountId, Activity.Filter filter, int limit) {
    List<Activity> found = new ArrayList<>();
    Search search = new Search(accountId, filter, time(filter.before()), limit, found);
    try {
      for (Path file : log.filesNewestFirst()) {
        if (!search.goesOn()) {
          break;
        }
        search.read(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static Optional<Instant> time(String text) {
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      // An address that somebody has made up begins with the newest.
      return Optional.empty();
    }
  }

  private static final class Search {
    private final String mark;
    private final String accountId;
    private final Activity.Filter filter;
    private final Optional<Instant> before;
    private final int limit;
    private final List<Activity> found;
    private long read;

    Search(
        String accountId,
        Activity.Filter filter,
        Optional<Instant> before,
        int limit,
        List<Activity> found) {
      this.mark = "\"account\":\"" + accountId + "\"";
      this.accountId = accountId;
      this.filter = filter;
      this.before = before;
      this.limit = limit;
      this.found = found;
    }

    boolean goesOn() {
      return found.size() < limit && read < MOST_READ;
    }

    void read(Path file) throws IOException {
      try (ReversedLinesFileReader lines =
          ReversedLinesFileReader.builder().setPath(file).setCharset(UTF_8).get()) {
        String line = lines.readLine();
        while (line != null && goesOn()) {
          read += line.length();
          // Nearly all lines of other accounts are passed over before they are parsed.
          if (line.contains(mark)) {
            add(line);
          }
          line = lines.readLine();
        }
      } catch (NoSuchFileException e) {
        LOG.debug("an old audit log was removed while it was looked for", e);
      }
    }

    private void add(String line) {
      try {
        JsonNode entry = JSON.readTree(line);
        if (entry.path("account").asString("").equals(accountId)) {
          Optional.of(activity(entry)).filter(this::fits).ifPresent(found::add);
        }
      } catch (JacksonException | DateTimeException e) {
        LOG.debug("a line of the audit log can't be read", e);
      }
    }

    private boolean fits(Activity each) {
      return (filter.operation().isEmpty() || each.operation().equals(filter.operation()))
          && (filter.key().isEmpty() || each.key().equals(filter.key()))
          && (!filter.failed() || !each.outcome().equals("ok"))
          && (filter.resource().isEmpty()
              || each.resources().stream().anyMatch(name -> name.contains(filter.resource())))
          && (before.isEmpty() || each.time().isBefore(before.get()));
    }

    private static Activity activity(JsonNode entry) {
      List<String> resources = new ArrayList<>();
      entry.path("resources").values().forEach(each -> resources.add(each.asString("")));
      return new Activity(
          Instant.parse(entry.path("time").asString("")),
          entry.path("request").asString(""),
          entry.path("key").asString(""),
          entry.path("operation").asString(""),
          resources,
          entry.path("outcome").asString(""),
          entry.path("source").asString(""));
    }
  }
}
