package dev.regild.store;

/**
 * A multipart upload that is neither completed nor aborted.
 *
 * @param name the object's future key, without the store's prefix
 * @param id the store's id of the upload
 */
public record HalfUpload(String name, String id) {}
