package dev.regild.store;

/**
 * A multipart upload that was begun and is neither complete nor aborted.
 *
 * @param name the key that the object is to have, without the store's prefix
 * @param id the store's
 */
public record HalfUpload(String name, String id) {}
