package dev.regild.update;

import dev.regild.image.Owner;
import java.util.Optional;

/**
 * A request for a copy of an image.
 *
 * @param owner who asks
 * @param sourceName the owner's image
 * @param destination the same account, in the region of the copy
 * @param destinationName the image to make
 * @param description of the copy, for people
 */
public record CopyRequest(
    Owner owner,
    String sourceName,
    Owner destination,
    String destinationName,
    Optional<String> description) {}
