package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.Tags;
import java.util.Map;

/** {@code TagResource}: adds tags to an image or an image builder. */
final class TagResource implements Operation<TagResource.Request> {
  private final Database database;
  private final TaggedResources resources = new TaggedResources();
  private final Tags tags = new Tags();

  TagResource(Database database) {
    this.database = database;
  }

  record Request(
      @JsonProperty("ResourceArn") String resourceArn,
      @JsonProperty("Tags") Map<String, String> tags) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    database.useTransaction(handle -> {
      resources.require(handle, caller, request.resourceArn);
      tags.put(handle, request.resourceArn, request.tags);
    });
    return new Result();
  }
}
