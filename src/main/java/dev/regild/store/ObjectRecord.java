package dev.regild.store;

/**
 * What the registry knows of an object that is not a layer.
 *
 * @param name its key without the store's prefix
 * @param bytes its size
 * @param sha256 of its content, lower-case hexadecimal
 */
public record ObjectRecord(String name, long bytes, String sha256) {}
