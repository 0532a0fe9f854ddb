package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Owner;

/** {@code DeleteImagePermissions}: the other account doesn't see the image any more. */
record DeleteImagePermissions(Database database)
    implements Operation<DeleteImagePermissions.Request> {

  record Request(
      @JsonProperty("Name") String name, @JsonProperty("SharedAccountId") String sharedAccountId) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    database.useTransaction(handle -> {
      Image image = Images.requireAvailable(handle, caller, request.name);
      if (!ImageShares.remove(handle, image, request.sharedAccountId)) {
        throw new ApiException(
            ErrorType.RESOURCE_NOT_FOUND,
            "The image %s is not shared with the account %s."
                .formatted(image.name(), request.sharedAccountId));
      }
    });
    return new Result();
  }
}
