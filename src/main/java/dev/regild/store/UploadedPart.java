package dev.regild.store;

/**
 * A part that the store has.
 *
 * @param number its place; numbers may be missing between two parts
 * @param tag the store's own name of its content
 * @param bytes its size
 */
public record UploadedPart(int number, String tag, long bytes) {}
