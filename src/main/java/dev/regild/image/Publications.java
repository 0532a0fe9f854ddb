package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Makes images public, and private again. A public image belongs to everyone in its region: each
 * account sees it, and none can update, share or delete it, the one that it came from included. Its
 * ARN is another one then; its tags move along, and so does what is said of it as a base image.
 */
public final class Publications {
  private final Images images;

  public Publications(Images images) {
    this.images = images;
  }

  /**
   * Makes the owner's image public.
   *
   * @return the image as it is now
   * @throws RefusedException NOT_FOUND if there is none; NOT_AVAILABLE if it isn't AVAILABLE;
   *     IN_USE if it is shared, or a running update stands on it; ALREADY_EXISTS if a public image
   *     has its name
   */
  public Image publish(Handle handle, Owner owner, String name) {
    Image image = images.requireAvailable(handle, owner, name);
    if (image.sharedWithOthers()) {
      throw new RefusedException(
          IN_USE,
          "The image %s is shared with other accounts. Take back its permissions first."
              .formatted(name));
    }
    requireUnused(handle, image);
    Owner everyone = Owner.everyone(owner.region());
    images.requireFreeName(handle, everyone, name);
    return move(handle, image, everyone, Visibility.PUBLIC, owner.accountId());
  }

  /**
   * Gives a public image back to the account that it came from.
   *
   * @return the image as it is now
   * @throws RefusedException NOT_FOUND if the account has published none of that name; IN_USE if it
   *     is being copied; ALREADY_EXISTS if the account has another image of its name by now
   */
  public Image withdraw(Handle handle, Owner owner, String name) {
    Image image =
        images
            .find(handle, Owner.everyone(owner.region()), name)
            .filter(found -> isFrom(handle, found, owner))
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND, "There is no public image %s of %s.".formatted(name, owner)));
    requireUnused(handle, image);
    images.requireFreeName(handle, owner, name);
    return move(handle, image, owner, Visibility.PRIVATE, null);
  }

  private void requireUnused(Handle handle, Image image) {
    if (images.usesInFlight(handle, image)) {
      throw new RefusedException(
          IN_USE,
          "The image %s is in use. Try again when that has finished.".formatted(image.name()));
    }
  }

  private static boolean isFrom(Handle handle, Image image, Owner owner) {
    return handle
        .createQuery("SELECT COUNT(*) FROM image WHERE id = :id AND published_by = :account")
        .bind("id", image.id())
        .bind("account", owner.accountId())
        .mapTo(Boolean.class)
        .one();
  }

  private Image move(
      Handle handle,
      Image image,
      Owner owner,
      Visibility visibility,
      @Nullable String publishedBy) {
    handle
        .createUpdate(
            """
            UPDATE image
               SET account_id = :account, visibility = :visibility, published_by = :publishedBy
             WHERE id = :id
            """)
        .bind("account", owner.accountId())
        .bind("visibility", visibility.name())
        .bind("publishedBy", publishedBy)
        .bind("id", image.id())
        .execute();
    ImageCounts.add(handle, image.owner(), -1);
    ImageCounts.add(handle, owner, 1);
    Image moved = images.require(handle, owner, image.name());
    for (String sql :
        List.of(
            "UPDATE tag SET resource_arn = :new WHERE resource_arn = :old",
            "UPDATE image SET base_image_arn = :new WHERE base_image_arn = :old")) {
      handle.createUpdate(sql).bind("new", moved.arn()).bind("old", image.arn()).execute();
    }
    return moved;
  }
}
