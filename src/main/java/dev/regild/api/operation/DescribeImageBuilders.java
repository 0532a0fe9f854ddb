package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** {@code DescribeImageBuilders}: the machines in which the caller's updates are being made. */
record DescribeImageBuilders(Database database, PageTokens pageTokens)
    implements Operation.ReadOnly<DescribeImageBuilders.Request> {
  /** The model has no limit; this is the one of {@code DescribeImages}. */
  private static final int PAGE = 25;

  record Request(
      @JsonProperty("Names") Optional<List<String>> names,
      @JsonProperty("MaxResults") Optional<Integer> maxResults,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  record Result(
      @JsonProperty("ImageBuilders") List<WireImageBuilder> imageBuilders,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  @Override
  public Result answer(Owner caller, Request request) {
    List<String> names = Selection.of("names", request.names);
    List<String> query = new ArrayList<>(List.of(name(), caller.accountId(), caller.region()));
    query.addAll(names);
    Optional<String> after = request.nextToken.map(token -> pageTokens.read(query, token));
    int limit = Math.min(request.maxResults.filter(max -> max > 0).orElse(PAGE), PAGE);
    return database.read(handle -> {
      requireAll(handle, caller, names);
      Page<ImageBuilder> page =
          Page.of(ImageBuilders.page(handle, caller, names, after, limit + 1), limit);
      return new Result(
          page.items().stream().map(WireImageBuilder::of).toList(),
          page.nextToken(pageTokens, query, ImageBuilder::name));
    });
  }

  private void requireAll(Handle handle, Owner caller, List<String> names) {
    for (String name : names) {
      if (ImageBuilders.find(handle, caller, name).isEmpty()) {
        throw new ApiException(
            ErrorType.RESOURCE_NOT_FOUND,
            "There is no image builder %s of %s.".formatted(name, caller));
      }
    }
  }
}
