package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.disk.layers.Layer;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The images of the registry. Each call takes the handle of the caller's transaction, so that what
 * belongs to an image (its builder, its job, its layer) is written together with it.
 */
public final class Images {
  private Images() {}

  /**
   * Writes a new image.
   *
   * @throws RefusedException ALREADY_EXISTS if its owner has one of that name, in whatever state
   */
  public static void insert(Handle handle, Image image) {
    var insert = handle.createUpdate(ImageRow.INSERT);
    ImageRow.bind(image, insert);
    if (insert.execute() == 0) {
      throw nameTaken(image.owner(), image.name());
    }
    ImageCounts.add(handle, image.owner(), 1);
    ImageHistory.record(handle, image);
  }

  /**
   * Looks whether the owner may give a new image that name. Another request may take it: {@link
   * #insert} looks again.
   *
   * @throws RefusedException ALREADY_EXISTS if its owner has one of that name, in whatever state
   */
  public static void requireFreeName(Handle handle, Owner owner, String name) {
    if (find(handle, owner, name).isPresent()) {
      throw nameTaken(owner, name);
    }
  }

  private static RefusedException nameTaken(Owner owner, String name) {
    return new RefusedException(
        ALREADY_EXISTS,
        "An image %s of %s already exists. Choose another name.".formatted(name, owner));
  }

  /**
   * The owner's image of that name.
   *
   * @param name of the image, or an alias such as {@code golden/prod}, which every call here takes
   */
  public static Optional<Image> find(Handle handle, Owner owner, String name) {
    if (AliasNames.isAlias(name)) {
      return AliasNames.imageName(handle, owner, name).flatMap(it -> find(handle, owner, it));
    }
    return handle
        .createQuery(
            ImageRow.SELECT + " WHERE account_id = :account AND region = :region AND name = :name")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", name)
        .map((row, _) -> ImageRow.read(row))
        .findOne();
  }

  /**
   * The owner's image of that name.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static Image require(Handle handle, Owner owner, String name) {
    return find(handle, owner, name).orElseThrow(() -> missing(owner, name));
  }

  /**
   * The owner's image of that name, ready to be shared.
   *
   * @throws RefusedException NOT_FOUND if there is none; NOT_AVAILABLE if it isn't AVAILABLE
   */
  public static Image requireAvailable(Handle handle, Owner owner, String name) {
    Image image = require(handle, owner, name);
    if (image.state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          NOT_AVAILABLE,
          "The image %s is %s; it must be AVAILABLE.".formatted(name, image.state()));
    }
    return image;
  }

  /**
   * The owner's image of that name, to change it or to make something of it.
   *
   * @throws RefusedException NOT_PERMITTED if the owner only sees one of that name; NOT_FOUND if it
   *     doesn't see one either
   */
  public static Image requireOwned(Handle handle, Owner owner, String name) {
    return find(handle, owner, name).orElseThrow(() -> notOwned(handle, owner, name));
  }

  private static RefusedException notOwned(Handle handle, Owner owner, String name) {
    return sees(handle, owner, name)
        ? new RefusedException(
            NOT_PERMITTED,
            "The image %s does not belong to %s. Only its owner can do this."
                .formatted(name, owner))
        : missing(owner, name);
  }

  /** Whether the viewer sees an image of that name: its own, a shared or a public one. */
  public static boolean sees(Handle handle, Owner viewer, String name) {
    return sees(handle, viewer, List.of(name), List.of());
  }

  /** As {@link #sees}, of that ARN. */
  public static boolean seesArn(Handle handle, Owner viewer, String arn) {
    return sees(handle, viewer, List.of(), List.of(arn));
  }

  private static boolean sees(Handle handle, Owner viewer, List<String> names, List<String> arns) {
    ImageQuery any = new ImageQuery(viewer, names, arns, Optional.empty(), Optional.empty(), 1);
    return !page(handle, any).isEmpty();
  }

  private static RefusedException missing(Owner owner, String name) {
    if (AliasNames.isAlias(name)) {
      return new RefusedException(
          NOT_FOUND,
          "Alias %s of %s does not exist. List the aliases: regild alias list"
              .formatted(name, owner));
    }
    return new RefusedException(NOT_FOUND, "Image %s of %s does not exist.".formatted(name, owner));
  }

  /** The image of that id, as it is now. */
  public static Optional<Image> findById(Handle handle, String id) {
    return handle
        .createQuery(ImageRow.SELECT + " WHERE id = :id")
        .bind("id", id)
        .map((row, _) -> ImageRow.read(row))
        .findOne();
  }

  /**
   * The image of that id, which somebody works on.
   *
   * @throws IllegalStateException if it is gone
   */
  public static Image requireById(Handle handle, String id) {
    return findById(handle, id)
        .orElseThrow(() -> new IllegalStateException("There is no image of the id " + id));
  }

  /** The image of that ARN, whoever may see it. */
  public static Optional<Image> findByArn(Handle handle, String arn) {
    return Arn.parse(arn)
        .filter(parsed -> parsed.kind() == Arn.Kind.IMAGE)
        .flatMap(parsed -> find(handle, parsed.owner(), parsed.name()));
  }

  /** One page of the images that the viewer sees, by name. */
  public static List<Image> page(Handle handle, ImageQuery query) {
    return ImagePage.read(handle, query);
  }

  /** How many images the owner has, in whatever state. */
  public static long count(Handle handle, Owner owner) {
    return ImageCounts.of(handle, owner);
  }

  /** How many copies are being made for the owner. */
  public static long countCopying(Handle handle, Owner owner) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*) FROM image_copy JOIN image ON image.id = image_copy.image_id
             WHERE account_id = :account AND region = :region AND state = 'COPYING'
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(Long.class)
        .one();
  }

  /** Every image that somebody must be working on, oldest first: where recovery begins. */
  public static List<Image> unfinished(Handle handle) {
    // In the words of their index, which holds no other images.
    return handle
        .createQuery(
            ImageRow.SELECT + " WHERE state NOT IN ('AVAILABLE', 'FAILED') ORDER BY created, id")
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  /** The AVAILABLE images whose own layer is that one, oldest first. */
  public static List<Image> availableOn(Handle handle, String layer) {
    return handle
        .createQuery(
            ImageRow.SELECT
                + " WHERE layer_id = :layer AND state = 'AVAILABLE' ORDER BY created, id")
        .bind("layer", layer)
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  /** The images with that own layer and that inventory, whatever their state. */
  public static List<Image> withDisk(Handle handle, ImageDisk disk) {
    return handle
        .createQuery(ImageRow.SELECT + " WHERE layer_id = :layer AND inventory_digest = :inventory")
        .bind("layer", disk.layer())
        .bind("inventory", disk.inventory())
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  /** The images that were updated from this one, oldest first. */
  public static List<Image> children(Handle handle, Image image) {
    return handle
        .createQuery(
            ImageRow.SELECT
                + """
                 WHERE previous_id = :id
                   AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
                 ORDER BY created, id
                """)
        .bind("id", image.id())
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  /**
   * Whether a running update stands on this image, or it is being copied, exported or flattened.
   */
  static boolean usesInFlight(Handle handle, Image image) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM update_run
                            WHERE existing_image_id = :id AND status = 'RUNNING')
                OR EXISTS (SELECT 1 FROM image_copy WHERE source_image_id = :id)
                OR EXISTS (SELECT 1 FROM export_task WHERE image_id = :id AND state = 'EXPORTING')
                OR EXISTS (SELECT 1 FROM flattening WHERE image_id = :id AND state = 'FLATTENING')
            """)
        .bind("id", image.id())
        .map((row, _) -> row.getBoolean(1))
        .one();
  }

  /** Gives the image other texts for people; empty takes a text away. */
  public static Image describe(
      Handle handle, Image image, Optional<String> displayName, Optional<String> description) {
    int changed =
        handle
            .createUpdate(
                """
                UPDATE image SET display_name = :displayName, description = :description
                 WHERE id = :id
                """)
            .bind("displayName", displayName.orElse(null))
            .bind("description", description.orElse(null))
            .bind("id", image.id())
            .execute();
    return afterChange(handle, image, changed);
  }

  /**
   * Moves the image on to another state, from the state that it has in the argument.
   *
   * @return the image as it is now
   * @throws IllegalStateException if the one state can't follow on the other
   * @throws RefusedException CONCURRENT_MODIFICATION if it has another state by now, or is gone
   */
  public static Image transition(Handle handle, Image image, ImageState next) {
    image.state().requireSuccessor(next);
    int changed =
        handle
            .createUpdate("UPDATE image SET state = :next WHERE id = :id AND state = :current")
            .bind("next", next.name())
            .bind("id", image.id())
            .bind("current", image.state().name())
            .execute();
    return afterChange(handle, image, changed);
  }

  /** {@link #transition} to FAILED, with the reason and what went wrong. */
  public static Image fail(
      Handle handle, Image image, StateChangeReason reason, List<ImageError> errors) {
    Image failed = transition(handle, image, ImageState.FAILED);
    int changed =
        handle
            .createUpdate(
                """
                UPDATE image SET reason_code = :code, reason_message = :message, errors = :errors
                 WHERE id = :id
                """)
            .bind("code", reason.code().name())
            .bind("message", reason.message())
            .bind("errors", Json.write(errors))
            .bind("id", image.id())
            .execute();
    return afterChange(handle, failed, changed);
  }

  /**
   * {@link #transition} to AVAILABLE, with the finished disk; its layer and its inventory have to
   * be stored before, in the same transaction or an earlier one.
   */
  public static Image publish(Handle handle, Image image, PublishedDisk published) {
    Image available = transition(handle, image, ImageState.AVAILABLE);
    var update =
        handle
            .createUpdate(
                """
                UPDATE image
                   SET layer_id = :layer, inventory_digest = :inventory, disk_layout = :diskLayout,
                       qualification = :qualification, platform = :platform,
                       agent_version = :agentVersion
                 WHERE id = :id
                """)
            .bind("platform", published.platform())
            .bind("agentVersion", published.agentVersion().orElse(null))
            .bind("id", image.id());
    ImageRow.bindDisk(Optional.of(published.disk()), published.qualification(), update);
    Image made = afterChange(handle, available, update.execute());
    ImageHistory.record(handle, made);
    return made;
  }

  /**
   * Gives an image another inventory of the same disk: one that was read with more in it.
   *
   * @param inventory the digest of the new one
   */
  public static void replaceInventory(Handle handle, Image image, String inventory) {
    handle
        .createUpdate("UPDATE image SET inventory_digest = :inventory WHERE id = :id")
        .bind("inventory", inventory)
        .bind("id", image.id())
        .execute();
    findById(handle, image.id()).ifPresent(changed -> ImageHistory.record(handle, changed));
    image.disk().ifPresent(disk -> Inventories.removeUnneeded(handle, disk.inventory()));
  }

  /**
   * Begins to delete an image: moves it to DELETING.
   *
   * @throws RefusedException CONCURRENT_MODIFICATION if it is being deleted already; NOT_PERMITTED
   *     if it is still being made; IN_USE if it is shared, an alias names it, a running update
   *     stands on it, or it is being copied or exported
   */
  public static Image startDeleting(Handle handle, Image image) {
    if (image.state() == ImageState.DELETING) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The image %s is already being deleted.".formatted(image.name()));
    }
    if (!image.state().isFinal()) {
      throw new RefusedException(
          NOT_PERMITTED,
          "The image %s is %s. It can be deleted when it is AVAILABLE or FAILED."
              .formatted(image.name(), image.state()));
    }
    if (image.sharing().withOthers()) {
      throw new RefusedException(
          IN_USE,
          "The image %s is shared with other accounts. Take back its permissions first."
              .formatted(image.name()));
    }
    List<String> aliases = AliasNames.of(handle, image);
    if (!aliases.isEmpty()) {
      throw new RefusedException(
          IN_USE,
          "The alias %s names the image %s. Move it to another image or remove it first: regild alias remove %1$s"
              .formatted(aliases.getFirst(), image.name()));
    }
    if (usesInFlight(handle, image)) {
      throw new RefusedException(
          IN_USE,
          "The image %s is being updated, copied, exported or flattened. Delete it when that has finished."
              .formatted(image.name()));
    }
    return transition(handle, image, ImageState.DELETING);
  }

  /**
   * Deletes the row of an image that is DELETING, with all that belongs to it alone: its tags, its
   * shares, its update's record, its inventory and the layers that nothing else stands on. Searches
   * still find it.
   *
   * @return those layers, the top one first; their files can go once the transaction is committed
   */
  public static List<Layer> remove(Handle handle, Image image) {
    Flattenings.removeAll(handle, image.id());
    int removed =
        handle
            .createUpdate("DELETE FROM image WHERE id = :id AND state = 'DELETING'")
            .bind("id", image.id())
            .execute();
    if (removed == 0) {
      throw changedMeanwhile(image);
    }
    if (!image.owner().isOfDeleted()) {
      ImageCounts.add(handle, image.owner(), -1);
    }
    ImageHistory.deleted(handle, image);
    TagRecords.removeAll(handle, image.arn());
    JobSteps.removeAll(handle, image.id());
    if (image.disk().isEmpty()) {
      return List.of();
    }
    ImageDisk disk = image.disk().get();
    Inventories.removeUnneeded(handle, disk.inventory());
    return LayerRecords.removeUnneeded(handle, disk.layer());
  }

  private static Image afterChange(Handle handle, Image image, int changed) {
    if (changed == 0) {
      throw changedMeanwhile(image);
    }
    return findById(handle, image.id()).orElseThrow(() -> changedMeanwhile(image));
  }

  private static RefusedException changedMeanwhile(Image image) {
    return new RefusedException(
        CONCURRENT_MODIFICATION,
        "The image %s was changed by another request. Check it and try again."
            .formatted(image.name()));
  }
}
