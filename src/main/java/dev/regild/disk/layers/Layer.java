package dev.regild.disk.layers;

import java.util.Optional;

/**
 * One immutable qcow2 file of the layer store.
 *
 * @param id the file's name without its ending, a UUID
 * @param base the layer that it stands on, empty for the first of a chain
 * @param bytes the size of the file
 * @param virtualBytes the size of the disk that a guest sees
 * @param sha256 of the file, lower-case hexadecimal
 * @param attempt the number of the job's attempt that published it, from 1; a shared store has an
 *     object for each
 */
public record Layer(
    String id, Optional<String> base, long bytes, long virtualBytes, String sha256, int attempt) {}
