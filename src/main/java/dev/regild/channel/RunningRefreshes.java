package dev.regild.channel;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * The refreshes that are under way, whatever process makes them. Each call takes the caller's
 * handle.
 */
public final class RunningRefreshes {
  /** How often a refresh says that it is alive. */
  public static final Duration BEAT = Duration.ofSeconds(3);

  /** A refresh that was not heard of for so long has died, or its machine sleeps. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private static final Duration KEPT = Duration.ofDays(1);
  private static final int LONGEST = 300;

  private RunningRefreshes() {}

  /**
   * Writes how far a refresh is.
   *
   * @param refresh a name of its own
   */
  public static void write(
      Handle handle, String channel, String refresh, String doing, Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO channel_refresh (channel, refresh, doing, at)
            VALUES (:channel, :refresh, :doing, :at)
            ON CONFLICT (channel, refresh) DO UPDATE SET doing = excluded.doing, at = excluded.at
            """)
        .bind("channel", channel)
        .bind("refresh", refresh)
        .bind("doing", doing.length() > LONGEST ? doing.substring(0, LONGEST) : doing)
        .bind("at", now.toEpochMilli())
        .execute();
  }

  /** Removes a refresh that has ended, and those that died long ago. */
  public static void end(Handle handle, String channel, String refresh, Instant now) {
    handle
        .createUpdate(
            """
            DELETE FROM channel_refresh
             WHERE (channel = :channel AND refresh = :refresh) OR at < :old
            """)
        .bind("channel", channel)
        .bind("refresh", refresh)
        .bind("old", now.minus(KEPT).toEpochMilli())
        .execute();
  }

  /** Returns how far the refreshes are that are under way, by the channel's name. */
  public static Map<String, String> list(Handle handle, Instant now) {
    Map<String, String> running = new HashMap<>();
    handle
        .createQuery("SELECT channel, doing FROM channel_refresh WHERE at > :since ORDER BY at")
        .bind("since", now.minus(SILENCE).toEpochMilli())
        .map((row, _) -> running.put(row.getString("channel"), row.getString("doing")))
        .list();
    return running;
  }
}
