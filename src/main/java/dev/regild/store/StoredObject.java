package dev.regild.store;

import java.time.Instant;
import java.util.Optional;

/**
 * An object of the store.
 *
 * @param name its key without the store's prefix
 * @param bytes its size
 * @param modified when it was written, by the store's clock
 * @param sha256 in its metadata; empty in a list, and for an object that is not ours
 */
public record StoredObject(String name, long bytes, Instant modified, Optional<String> sha256) {}
