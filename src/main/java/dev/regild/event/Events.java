package dev.regild.event;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The events of the registry. Each call takes the caller's handle. A newer node on the same
 * database may record types that this version does not know.
 */
public final class Events {
  private static final JsonMapper JSON = JsonMapper.shared();

  private Events() {}

  /**
   * Records an event in the transaction that makes it happen: nobody hears of what was rolled back,
   * and nothing that was committed is lost.
   *
   * @param happened the time by the database's clock
   */
  public static void append(Handle handle, Event event, Instant happened) {
    // The row stays locked until the transaction ends, which puts the events in order.
    handle.execute("UPDATE event_number SET last = last + 1");
    handle
        .createUpdate(
            """
            INSERT INTO event (number, id, account_id, region, type, subject, happened, payload)
            SELECT last, :id, :account, :region, :type, :subject, :happened, :payload
              FROM event_number
            """)
        .bind("id", UUID.randomUUID().toString())
        .bind("account", event.accountId())
        .bind("region", event.region())
        .bind("type", event.type().name())
        .bind("subject", event.subject())
        .bind("happened", happened.toEpochMilli())
        .bind("payload", JSON.writeValueAsString(event.payload()))
        .execute();
  }

  /** Returns the number of the last event; 0 before the first. */
  public static long last(Handle handle) {
    return handle.createQuery("SELECT last FROM event_number").mapTo(Long.class).one();
  }

  /**
   * Returns the events after that number which concern an account, oldest first, up to one of a
   * type that this version does not know: whoever goes on from the last one must not pass it over.
   *
   * @param most how many at most
   */
  public static List<RecordedEvent> after(
      Handle handle, String accountId, String region, long number, int most) {
    return handle
        .createQuery(
            """
            SELECT * FROM event
             WHERE number > :number AND account_id IN (:account, '') AND region IN (:region, '')
             ORDER BY number LIMIT :most
            """)
        .bind("number", number)
        .bind("account", accountId)
        .bind("region", region)
        .bind("most", most)
        .map((row, _) -> read(row))
        .list()
        .stream()
        .takeWhile(Optional::isPresent)
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * Returns the last events of known types before that number which concern an account, newest
   * first.
   *
   * @param type of these; empty for any
   * @param subject of these; empty for any
   * @param most how many at most
   */
  public static List<RecordedEvent> before(
      Handle handle,
      String accountId,
      String region,
      Optional<EventType> type,
      String subject,
      long number,
      int most) {
    return handle
        .createQuery(
            """
            SELECT * FROM event
             WHERE number < :number AND account_id IN (:account, '') AND region IN (:region, '')
               AND (:type = '' OR type = :type) AND (:subject = '' OR subject = :subject)
             ORDER BY number DESC LIMIT :most
            """)
        .bind("number", number)
        .bind("account", accountId)
        .bind("region", region)
        .bind("type", type.map(EventType::name).orElse(""))
        .bind("subject", subject)
        .bind("most", most)
        .map((row, _) -> read(row))
        .list()
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  /** Returns the events of known types and those numbers that are still there, oldest first. */
  public static List<RecordedEvent> of(Handle handle, Collection<Long> numbers) {
    return numbers.isEmpty()
        ? List.of()
        : handle
            .createQuery("SELECT * FROM event WHERE number IN (<numbers>) ORDER BY number")
            .bindList("numbers", List.copyOf(numbers))
            .map((row, _) -> read(row))
            .list()
            .stream()
            .flatMap(Optional::stream)
            .toList();
  }

  /** Forgets events that happened before a time. */
  public static void forget(Handle handle, Instant before) {
    handle
        .createUpdate("DELETE FROM event WHERE happened < :before")
        .bind("before", before.toEpochMilli())
        .execute();
  }

  /** Returns the event of a row; empty if its type is not known. */
  private static Optional<RecordedEvent> read(ResultSet row) throws SQLException {
    Optional<EventType> type = EventType.named(row.getString("type"));
    if (type.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> payload =
        JSON.readValue(row.getString("payload"), new TypeReference<Map<String, Object>>() {});
    return Optional.of(
        new RecordedEvent(
            row.getLong("number"),
            row.getString("id"),
            Instant.ofEpochMilli(row.getLong("happened")),
            new Event(
                type.get(),
                row.getString("account_id"),
                row.getString("region"),
                row.getString("subject"),
                payload)));
  }
}
