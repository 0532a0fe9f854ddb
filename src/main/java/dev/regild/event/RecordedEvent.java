package dev.regild.event;

import java.time.Instant;

/**
 * An event that is recorded.
 *
 * @param number grows with each event; those with a lower one were committed before
 * @param id unique among all registries
 * @param happened when
 */
public record RecordedEvent(long number, String id, Instant happened, Event event) {}
