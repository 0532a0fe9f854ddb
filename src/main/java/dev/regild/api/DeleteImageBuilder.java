package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.ImageBuilder;
import dev.regild.image.Owner;
import java.util.function.BiFunction;

/** {@code DeleteImageBuilder}: cancels the update that is made in it. */
final class DeleteImageBuilder implements Operation<DeleteImageBuilder.Request> {
  private final BiFunction<Owner, String, ImageBuilder> builderDeletions;

  DeleteImageBuilder(BiFunction<Owner, String, ImageBuilder> builderDeletions) {
    this.builderDeletions = builderDeletions;
  }

  record Request(@JsonProperty("Name") String name) {}

  record Result(@JsonProperty("ImageBuilder") WireImageBuilder imageBuilder) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return new Result(WireImageBuilder.deleting(builderDeletions.apply(caller, request.name)));
  }
}
