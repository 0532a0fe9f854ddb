package dev.regild.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import java.nio.file.Path;

/**
 * What the servicing of one disk works on.
 *
 * @param overlay of the disk, which is changed
 * @param layout of the disk
 * @param inventory of the existing image
 * @param plan what is promised
 * @param options what the operator allows
 * @param snapshot the directory of the snapshot to service it from
 * @param directory of the caller, for what the servicing needs
 * @param existing the name of the image that is updated
 * @param image the name of the image that is made
 */
public record ServicingTask(
    Path overlay,
    DiskLayout layout,
    Inventory inventory,
    UpdatePlan plan,
    UpdateOptions options,
    Path snapshot,
    Path directory,
    String existing,
    String image) {}
