package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.TagRecords;
import java.util.List;

/** {@code UntagResource}: takes tags away. */
record UntagResource(Database database) implements Operation<UntagResource.Request> {

  record Request(
      @JsonProperty("ResourceArn") String resourceArn,
      @JsonProperty("TagKeys") List<String> tagKeys) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    database.useTransaction(handle -> {
      TaggedResources.require(handle, caller, request.resourceArn);
      TagRecords.remove(handle, request.resourceArn, request.tagKeys);
    });
    return new Result();
  }
}
