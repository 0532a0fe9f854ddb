package dev.regild.update;

import dev.regild.image.Image;
import dev.regild.plan.UpdatePlan;

/**
 * What {@code CreateUpdatedImage} answers.
 *
 * @param image the new image; the existing one if nothing was created
 * @param canUpdateImage whether the plan has anything in it
 * @param plan what an update changes
 */
public record UpdateAnswer(Image image, boolean canUpdateImage, UpdatePlan plan) {}
