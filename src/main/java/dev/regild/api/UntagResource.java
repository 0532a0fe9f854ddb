package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.TagRecords;
import java.util.List;

/** {@code UntagResource}: takes tags away. */
final class UntagResource implements Operation<UntagResource.Request> {
  private final Database database;
  private final TaggedResources resources = new TaggedResources();
  private final TagRecords tags = new TagRecords();

  UntagResource(Database database) {
    this.database = database;
  }

  record Request(
      @JsonProperty("ResourceArn") String resourceArn,
      @JsonProperty("TagKeys") List<String> tagKeys) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    database.useTransaction(handle -> {
      resources.require(handle, caller, request.resourceArn);
      tags.remove(handle, request.resourceArn, request.tagKeys);
    });
    return new Result();
  }
}
