package dev.regild.update;

import dev.regild.image.Image;
import dev.regild.plan.UpdatePlan;

/**
 * What became of an {@link UpdateRequest}.
 *
 * @param image the new image if one is being made, else the existing one
 * @param canUpdateImage whether there is anything to update
 * @param plan what the update changes or would change
 */
public record UpdateAnswer(Image image, boolean canUpdateImage, UpdatePlan plan) {}
