package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.quota.Quotas;
import java.util.Map;

/** {@code TagResource}: adds tags to an image or an image builder. */
record TagResource(Database database, Quotas quotas) implements Operation<TagResource.Request> {

  record Request(
      @JsonProperty("ResourceArn") String resourceArn,
      @JsonProperty("Tags") Map<String, String> tags) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    database.useTransaction(handle -> {
      TaggedResources.require(handle, caller, request.resourceArn);
      quotas.tag(handle, caller, request.resourceArn, request.tags);
    });
    return new Result();
  }
}
