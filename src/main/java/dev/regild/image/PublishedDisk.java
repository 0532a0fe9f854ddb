package dev.regild.image;

import java.util.Optional;

/**
 * What an image becomes AVAILABLE with.
 *
 * @param disk its layer, inventory and layout
 * @param platform {@code DEBIAN_12}
 * @param agentVersion the version of the agent on it, empty if it has none
 * @param qualification what its boot said; empty where none was asked for
 */
public record PublishedDisk(
    ImageDisk disk,
    String platform,
    Optional<String> agentVersion,
    Optional<Qualification> qualification) {}
