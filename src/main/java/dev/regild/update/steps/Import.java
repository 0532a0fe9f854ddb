package dev.regild.update.steps;

import dev.regild.image.Image;

/**
 * An import to be made.
 *
 * @param image the image to make; its id is also its layer's
 * @param diskId the disk that it is made of
 * @param validated whether it is booted before it is AVAILABLE
 */
public record Import(Image image, String diskId, boolean validated) {}
