package dev.regild.insight;

import dev.regild.inventory.Inventory;
import java.time.Instant;
import java.util.Optional;

/**
 * The image that a bill of materials describes.
 *
 * @param name of the image
 * @param id of the image, a UUID that is never reused
 * @param arn of the image
 * @param created when the image was requested
 * @param layerSha256 of its own layer's file; empty while it has none
 * @param inventory what is installed in it
 */
public record BillSubject(
    String name,
    String id,
    String arn,
    Instant created,
    Optional<String> layerSha256,
    Inventory inventory) {}
