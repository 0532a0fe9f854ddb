package dev.regild.image;

import java.time.Instant;

/**
 * One thing that went wrong while an image was made.
 *
 * @param code one of {@code FleetErrorCode} of the service model: {@code INTERNAL_SERVICE_ERROR},
 *     {@code VALIDATION_ERROR}
 * @param message what went wrong and what to do about it
 * @param time when
 */
public record ImageError(String code, String message, Instant time) {}
