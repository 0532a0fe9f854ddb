package dev.regild.inventory;

/**
 * What an appliance found on a disk.
 *
 * @param inventory what is installed
 * @param layout where the filesystems lie
 */
public record DiskInspection(Inventory inventory, DiskLayout layout) {}
