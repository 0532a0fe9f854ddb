package dev.regild.policy.schedule;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One time at which a schedule acted.
 *
 * @param due the time
 * @param began when it acted
 * @param askedBy the access key that asked for it; empty if it was due
 * @param note what is to be known of the run as a whole
 * @param ended when nothing was left to be done; empty while it goes on
 * @param decisions by ordinal and line
 */
public record Run(
    Instant due,
    Instant began,
    String askedBy,
    String note,
    Optional<Instant> ended,
    List<Decision> decisions) {}
