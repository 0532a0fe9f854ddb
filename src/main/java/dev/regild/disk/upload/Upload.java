package dev.regild.disk.upload;

import dev.regild.store.HalfUpload;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An upload that is not complete, of which any node takes the next bytes.
 *
 * @param id the id that the disk will have
 * @param account whose it is
 * @param parts where the store keeps its parts; empty in a data directory
 * @param declared the size that the client declared
 * @param received how many bytes the store has
 * @param begun when it began
 */
public record Upload(
    String id,
    String account,
    Optional<HalfUpload> parts,
    OptionalLong declared,
    long received,
    Instant begun) {
  /** Where the store keeps its parts; only of an upload to a store. */
  HalfUpload stored() {
    return parts.orElseThrow();
  }
}
