package dev.regild.update;

import dev.regild.image.Owner;
import dev.regild.plan.UpdatePlan;

/** Decides on updates of images. */
public interface Updates {
  /**
   * Answers {@code CreateUpdatedImage}. Nothing is written for a dry run, nor where there is
   * nothing to update.
   *
   * @throws RefusedException for every reason that the API has an error for
   */
  UpdateAnswer update(UpdateRequest request);

  /**
   * What an update of the owner's image would change, whatever state the image is in.
   *
   * @throws RefusedException if there is no such image, or nothing to compare it with
   */
  UpdatePlan plan(Owner owner, String imageName);
}
