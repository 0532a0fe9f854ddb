package dev.regild.image.jobs;

import java.util.Optional;

/**
 * What an imported image was asked for.
 *
 * @param diskId the disk that it is made of
 * @param agentSoftwareVersion {@code CURRENT_LATEST} or {@code ALWAYS_LATEST}, as the request said
 * @param validated whether it is to be booted before it is AVAILABLE
 * @param intendedInstanceType the type that it is going to run on, as the request said
 * @param askedBy the id of the access key that asked; empty if it is not known
 */
public record ImportRecord(
    String diskId,
    Optional<String> agentSoftwareVersion,
    boolean validated,
    Optional<String> intendedInstanceType,
    String askedBy) {}
