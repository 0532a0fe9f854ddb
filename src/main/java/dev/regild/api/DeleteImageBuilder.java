package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.Owner;
import dev.regild.update.Cancellations;

/** {@code DeleteImageBuilder}: cancels the update that is made in it. */
final class DeleteImageBuilder implements Operation<DeleteImageBuilder.Request> {
  private final Cancellations cancellations;

  DeleteImageBuilder(Cancellations cancellations) {
    this.cancellations = cancellations;
  }

  record Request(@JsonProperty("Name") String name) {}

  record Result(@JsonProperty("ImageBuilder") WireImageBuilder imageBuilder) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return new Result(WireImageBuilder.deleting(cancellations.deleteBuilder(caller, request.name)));
  }
}
