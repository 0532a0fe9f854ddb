package dev.regild.update;

import dev.regild.image.Image;

/**
 * What {@code CreateUpdatedImage} answers.
 *
 * @param image the new image; the existing one if nothing was created
 * @param canUpdateImage whether there is anything to update
 */
public record UpdateAnswer(Image image, boolean canUpdateImage) {}
