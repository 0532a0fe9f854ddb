package dev.regild.image;

import dev.regild.inventory.DiskLayout;

/**
 * The disk of a finished image.
 *
 * @param layer the id of its top layer
 * @param inventory the digest of what is installed on it, see {@link Inventories}
 * @param layout where its filesystems lie
 */
public record ImageDisk(String layer, String inventory, DiskLayout layout) {}
