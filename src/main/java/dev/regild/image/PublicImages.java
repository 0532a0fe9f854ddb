package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Makes images public, and private again. A public image belongs to everyone in its region: each
 * account sees it, and no account can update, share or delete it, not even its former owner. Its
 * ARN changes; its tags and its records as a base image move along.
 */
public final class PublicImages {
  private PublicImages() {}

  /**
   * Makes the owner's image public.
   *
   * @return the image as it is now
   * @throws RefusedException NOT_FOUND if there is none; NOT_AVAILABLE if it isn't AVAILABLE;
   *     IN_USE if it is shared, or a running update stands on it; ALREADY_EXISTS if a public image
   *     has its name
   */
  public static Image makePublic(Handle handle, Owner owner, String name) {
    Image image = Images.requireAvailable(handle, owner, name);
    if (image.sharing().withOthers()) {
      throw new RefusedException(
          IN_USE,
          "The image %s is shared with other accounts. Take back its permissions first."
              .formatted(name));
    }
    requireUnused(handle, image);
    Owner everyone = Owner.everyone(owner.region());
    Images.requireFreeName(handle, everyone, name);
    return move(handle, image, everyone, Visibility.PUBLIC, owner.accountId());
  }

  /**
   * Gives a public image back to the account that it came from.
   *
   * @return the image as it is now
   * @throws RefusedException NOT_FOUND if the account has no public image of that name; IN_USE if
   *     it is being copied; ALREADY_EXISTS if the account has another image of its name by now
   */
  public static Image makePrivate(Handle handle, Owner owner, String name) {
    Image image =
        Images.find(handle, Owner.everyone(owner.region()), name)
            .filter(found -> isFrom(handle, found, owner))
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND, "There is no public image %s of %s.".formatted(name, owner)));
    requireUnused(handle, image);
    Images.requireFreeName(handle, owner, name);
    return move(handle, image, owner, Visibility.PRIVATE, null);
  }

  private static void requireUnused(Handle handle, Image image) {
    if (Images.usesInFlight(handle, image)) {
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

  private static Image move(
      Handle handle,
      Image image,
      Owner owner,
      Visibility visibility,
      @Nullable String madePublicBy) {
    handle
        .createUpdate(
            """
            UPDATE image
               SET account_id = :account, visibility = :visibility, published_by = :madePublicBy
             WHERE id = :id
            """)
        .bind("account", owner.accountId())
        .bind("visibility", visibility.name())
        .bind("madePublicBy", madePublicBy)
        .bind("id", image.id())
        .execute();
    ImageCounts.add(handle, image.owner(), -1);
    ImageCounts.add(handle, owner, 1);
    Image moved = Images.require(handle, owner, image.name());
    for (String sql :
        List.of(
            "UPDATE tag SET resource_arn = :new WHERE resource_arn = :old",
            "UPDATE image SET base_image_arn = :new WHERE base_image_arn = :old")) {
      handle.createUpdate(sql).bind("new", moved.arn()).bind("old", image.arn()).execute();
    }
    return moved;
  }
}
