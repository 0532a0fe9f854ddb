package dev.regild.policy.retention;

import dev.regild.policy.line.Line;
import java.time.Instant;
import java.util.Optional;

/**
 * The retention of a line.
 *
 * @param enabled whether it is carried out by itself
 * @param changed when it was last set
 * @param lastRun when it was last carried out
 */
public record RetentionPolicy(
    Line line, RetentionRule rule, boolean enabled, Instant changed, Optional<Instant> lastRun) {}
