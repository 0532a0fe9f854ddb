package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.TagRecords;
import java.util.Map;

/** {@code ListTagsForResource}: all tags of an image or an image builder. */
record ListTagsForResource(Database database)
    implements Operation.ReadOnly<ListTagsForResource.Request> {

  record Request(@JsonProperty("ResourceArn") String resourceArn) {}

  record Result(@JsonProperty("Tags") Map<String, String> tags) {}

  @Override
  public Result answer(Owner caller, Request request) {
    return database.read(handle -> {
      TaggedResources.require(handle, caller, request.resourceArn);
      return new Result(TagRecords.list(handle, request.resourceArn));
    });
  }
}
