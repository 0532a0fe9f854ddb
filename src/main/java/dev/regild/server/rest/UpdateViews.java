package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.job.node.Nodes;
import java.util.Optional;

/** Reads updates as our endpoints show them. */
public record UpdateViews(Database database, UpdateRecords updates, Nodes nodes) {

  /**
   * An update.
   *
   * @param imageId the image that it makes
   */
  record Shown(String imageId, UpdateView view) {}

  /**
   * The update that makes or made the owner's image of that name.
   *
   * @throws ApiException ResourceNotFoundException if there is none
   */
  Shown require(Owner owner, String imageName) {
    return database.read(handle -> {
      UpdateRecord update =
          Images.find(handle, owner, imageName)
              .flatMap(found -> updates.findById(handle, found.id()))
              .orElseThrow(() ->
                  new ApiException(
                      ErrorType.RESOURCE_NOT_FOUND,
                      "No update created the image '%s' of %s.".formatted(imageName, owner)));
      Image image = Images.require(handle, owner, imageName);
      Optional<String> waiting =
          update.status() == UpdateRecord.Status.RUNNING
              ? nodes.waiting(handle, image.id())
              : Optional.empty();
      return new Shown(update.imageId(), UpdateView.of(update, image, waiting));
    });
  }
}
