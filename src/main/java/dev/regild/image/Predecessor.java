package dev.regild.image;

/**
 * The image that another one was updated from; it may be gone since.
 *
 * @param id its id
 * @param name its name at the time
 */
public record Predecessor(String id, String name) {}
