package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import java.util.function.BiFunction;

/** {@code DeleteImage}. */
final class DeleteImage implements Operation<DeleteImage.Request> {
  private final WireImages wireImages;
  private final BiFunction<Owner, String, Image> deletions;

  DeleteImage(BiFunction<Owner, String, Image> deletions, WireImages wireImages) {
    this.wireImages = wireImages;
    this.deletions = deletions;
  }

  record Request(@JsonProperty("Name") String name) {}

  record Result(@JsonProperty("Image") WireImage image) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return new Result(wireImages.of(deletions.apply(caller, request.name)));
  }
}
