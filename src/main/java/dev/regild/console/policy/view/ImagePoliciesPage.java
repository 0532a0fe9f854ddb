package dev.regild.console.policy.view;

import dev.regild.image.RevokedImages.Revoked;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The policies that concern an image.
 *
 * @param line with its policies; empty if the image is in none
 * @param aliases that name the image
 * @param deprecated since when it is; empty if it is not
 * @param holds what keeps a policy from deleting it, in words
 * @param revoked why it is revoked; empty if it is not
 */
public record ImagePoliciesPage(
    String name,
    Optional<LinesPage.Row> line,
    List<String> aliases,
    Optional<Instant> deprecated,
    List<String> holds,
    Optional<Revoked> revoked,
    Instant now) {}
