package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.image.Owner;
import dev.regild.update.ImageDeletions;

/** {@code DeleteImage}. */
record DeleteImage(ImageDeletions deletions, WireImages wireImages)
    implements Operation<DeleteImage.Request> {

  record Request(@JsonProperty("Name") String name) {}

  record Result(@JsonProperty("Image") WireImage image) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return new Result(wireImages.of(deletions.delete(caller, request.name)));
  }
}
