package dev.regild.policy.schedule;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;

import dev.regild.account.Suspensions;
import dev.regild.image.Json;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.OwnedRows;
import dev.regild.policy.PolicyKind;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/** The schedules of the registry. Each call takes the caller's handle. */
public final class Schedules implements PolicyKind {
  private static final String SELECT = "SELECT * FROM schedule";
  private static final OwnedRows<Schedule> ROWS =
      new OwnedRows<>(
          SELECT,
          (row, _) -> read(row),
          "The schedule %s of %s does not exist. List the schedules: regild schedule list");
  private static final int MOST = 10_000;

  private final Clock clock;

  public Schedules(Clock clock) {
    this.clock = clock;
  }

  @Override
  public String kind() {
    return "Schedule";
  }

  @Override
  public Map<String, Object> canonical(String name, JsonNode spec) {
    return ScheduleSpec.read(name, spec, clock.instant()).canonical();
  }

  @Override
  public Map<String, Map<String, Object>> all(Handle handle, Owner owner) {
    Map<String, Map<String, Object>> all = new LinkedHashMap<>();
    list(handle, owner).forEach(each -> all.put(each.name(), each.spec().canonical()));
    return all;
  }

  /**
   * Adds a schedule.
   *
   * @throws RefusedException ALREADY_EXISTS if there is one of that name
   * @throws InvalidPolicyException if it contradicts another one
   */
  public void add(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    requireFree(handle, owner, name);
    put(handle, owner, name, spec, now);
    requireConsistent(handle, owner, List.of(name));
  }

  /**
   * Nothing happens if no schedule has a name.
   *
   * @throws RefusedException ALREADY_EXISTS if one has
   */
  public void requireFree(Handle handle, Owner owner, String name) {
    if (find(handle, owner, name).isPresent()) {
      throw new RefusedException(
          ALREADY_EXISTS,
          "The schedule %s exists already. Remove it first: regild schedule remove %1$s"
              .formatted(name));
    }
  }

  /**
   * Gives a schedule another spec.
   *
   * @throws InvalidPolicyException if it contradicts another one
   */
  public void change(
      Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    put(handle, owner, name, spec, now);
    requireConsistent(handle, owner, List.of(name));
  }

  @Override
  public void put(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    if (find(handle, owner, name).isEmpty() && list(handle, owner).size() >= MOST) {
      throw new RefusedException(
          LIMIT_EXCEEDED, "%s has %d schedules already. Remove one.".formatted(owner, MOST));
    }
    handle
        .createUpdate(
            """
            INSERT INTO schedule (
              id, account_id, region, name, spec, enabled, disabled_why, seen, failures, created)
            VALUES (:id, :account, :region, :name, :spec, TRUE, '', :now, 0, :now)
            ON CONFLICT (account_id, region, name) DO UPDATE
               SET spec = excluded.spec, seen = excluded.seen
            """)
        .bind("id", UUID.randomUUID().toString())
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", name)
        .bind("spec", Json.write(spec))
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /**
   * Returns a schedule as it would be.
   *
   * @throws InvalidPolicyException if it contradicts another one
   */
  public Schedule draft(
      Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    Schedule draft =
        new Schedule(
            "", owner, name, ScheduleSpec.stored(name, Json.write(spec)), true, "", now, 0);
    List<Schedule> all = new ArrayList<>(list(handle, owner));
    all.removeIf(each -> each.name().equals(name));
    all.add(draft);
    requireConsistent(handle, owner, all, Set.of(name));
    return draft;
  }

  /**
   * Two that name the images of one line differently leave nobody a line that can be read; and the
   * name of a line may be too long for a pattern.
   */
  @Override
  public void requireConsistent(Handle handle, Owner owner, Collection<String> names) {
    requireConsistent(handle, owner, list(handle, owner), Set.copyOf(names));
  }

  private static void requireConsistent(
      Handle handle, Owner owner, List<Schedule> all, Set<String> names) {
    NavigableMap<String, Line> lines = new TreeMap<>();
    Lines.list(handle, owner).forEach(line -> lines.put(line.name(), line));
    for (Schedule each : all) {
      if (names.contains(each.name())) {
        each.spec().covered(lines).keySet().stream()
            .max(Comparator.comparingInt(String::length))
            .ifPresent(longest -> each.spec().pattern().requirePossible(longest));
      }
    }
    new SharedLines(List.copyOf(lines.keySet()), all).requireNoContradiction(names);
  }

  @Override
  public void remove(Handle handle, Owner owner, String name) {
    handle
        .createUpdate("DELETE FROM schedule WHERE id = :id")
        .bind("id", require(handle, owner, name).id())
        .execute();
  }

  /** Returns an owner's schedules, by name. */
  public static List<Schedule> list(Handle handle, Owner owner) {
    return ROWS.list(handle, owner);
  }

  /** Returns the schedules of all owners that are enabled, but those of suspended accounts. */
  static List<Schedule> enabled(Handle handle) {
    return handle
        .createQuery(
            SELECT
                + " WHERE enabled AND "
                + Suspensions.NOT_SUSPENDED
                + " ORDER BY account_id, region, name")
        .map((row, _) -> read(row))
        .list();
  }

  /** Returns the owner's schedule of that name. */
  public static Optional<Schedule> find(Handle handle, Owner owner, String name) {
    return ROWS.find(handle, owner, name);
  }

  static Optional<Schedule> findById(Handle handle, String id) {
    return handle
        .createQuery(SELECT + " WHERE id = :id")
        .bind("id", id)
        .map((row, _) -> read(row))
        .findOne();
  }

  /**
   * Returns the owner's schedule of that name.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static Schedule require(Handle handle, Owner owner, String name) {
    return ROWS.require(handle, owner, name);
  }

  /**
   * Enables a schedule, which forgets its failures and the times that it missed; or disables it.
   */
  public static void enable(Handle handle, Schedule schedule, boolean enabled, Instant now) {
    if (enabled && schedule.enabled()) {
      return;
    }
    handle
        .createUpdate(
            """
            UPDATE schedule SET enabled = :enabled, disabled_why = '', failures = 0, seen = :now
             WHERE id = :id
            """)
        .bind("enabled", enabled)
        .bind("now", now.toEpochMilli())
        .bind("id", schedule.id())
        .execute();
  }

  /** Disables a schedule that failed too often. */
  static void disable(Handle handle, Schedule schedule, String why) {
    handle
        .createUpdate("UPDATE schedule SET enabled = FALSE, disabled_why = :why WHERE id = :id")
        .bind("why", why)
        .bind("id", schedule.id())
        .execute();
  }

  static void setSeen(Handle handle, Schedule schedule, Instant seen) {
    handle
        .createUpdate("UPDATE schedule SET seen = :seen WHERE id = :id")
        .bind("seen", seen.toEpochMilli())
        .bind("id", schedule.id())
        .execute();
  }

  static void setFailures(Handle handle, Schedule schedule, int failures) {
    handle
        .createUpdate("UPDATE schedule SET failures = :failures WHERE id = :id")
        .bind("failures", failures)
        .bind("id", schedule.id())
        .execute();
  }

  private static Schedule read(ResultSet row) throws SQLException {
    return new Schedule(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        ScheduleSpec.stored(row.getString("name"), row.getString("spec")),
        row.getBoolean("enabled"),
        row.getString("disabled_why"),
        Instant.ofEpochMilli(row.getLong("seen")),
        row.getInt("failures"));
  }
}
