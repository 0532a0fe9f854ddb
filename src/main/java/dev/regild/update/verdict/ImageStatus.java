package dev.regild.update.verdict;

import java.time.Instant;
import java.util.Optional;

/**
 * How an image stands.
 *
 * @param name the image's name
 * @param platform {@code DEBIAN_12}
 * @param created when the image was asked for
 * @param verdict empty if it has not been judged yet
 */
public record ImageStatus(
    String name, String platform, Instant created, Optional<Verdict> verdict) {}
