package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.image.Owner;
import dev.regild.update.Cancellations;

/** {@code DeleteImageBuilder}: cancels the update that is made in it. */
record DeleteImageBuilder(Cancellations cancellations)
    implements Operation<DeleteImageBuilder.Request> {

  record Request(@JsonProperty("Name") String name) {}

  record Result(@JsonProperty("ImageBuilder") WireImageBuilder imageBuilder) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return new Result(WireImageBuilder.deleting(cancellations.deleteBuilder(caller, request.name)));
  }
}
