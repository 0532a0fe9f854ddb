package dev.regild.policy.line;

import java.time.Instant;

/**
 * An alias with what it names now.
 *
 * @param image the image's name
 * @param moved when it began to name this image
 */
public record Alias(AliasName name, String image, Instant moved) {}
