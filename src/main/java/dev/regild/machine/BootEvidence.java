package dev.regild.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What was seen of a boot from outside the guest.
 *
 * @param reported when the guest had booted and reported
 * @param took from power-on until then
 * @param console the end of the serial console, at most 64 KiB, without control characters
 * @param screen the screen at that time, as a PNG of at most 1 MiB; empty if it could not be taken
 */
public record BootEvidence(
    Instant reported, Duration took, String console, Optional<byte[]> screen) {
  /** The most that a PNG of the screen may have. */
  static final int MOST_SCREEN_BYTES = 1 << 20;
}
