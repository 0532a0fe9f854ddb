package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code DescribeImagePermissions}: the accounts that an image of the caller is shared with. */
final class DescribeImagePermissions
    implements Operation.ReadOnly<DescribeImagePermissions.Request> {
  /** The model's largest page is also what a page holds if the request doesn't say. */
  private static final int PAGE = 500;

  private final Database database;
  private final PageTokens pageTokens;

  DescribeImagePermissions(Database database, PageTokens pageTokens) {
    this.database = database;
    this.pageTokens = pageTokens;
  }

  record Request(
      @JsonProperty("Name") String name,
      @JsonProperty("MaxResults") Optional<Integer> maxResults,
      @JsonProperty("SharedAwsAccountIds") Optional<List<String>> sharedAwsAccountIds,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  record Result(
      @JsonProperty("Name") String name,
      @JsonProperty("SharedImagePermissionsList") List<Shared> sharedImagePermissionsList,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  /** The shape {@code SharedImagePermissions}, whose members begin with small letters. */
  record Shared(
      @JsonProperty("sharedAccountId") String sharedAccountId,
      @JsonProperty("imagePermissions") WireImage.Permissions imagePermissions) {
    static Shared of(Map.Entry<String, ImagePermissions> share) {
      return new Shared(share.getKey(), WireImage.Permissions.of(share.getValue()));
    }
  }

  @Override
  public Result answer(Owner caller, Request request) {
    List<String> accounts = Selection.of("sharedAwsAccountIds", request.sharedAwsAccountIds);
    List<String> query =
        new ArrayList<>(List.of(name(), caller.accountId(), caller.region(), request.name));
    query.addAll(accounts);
    Optional<String> after = request.nextToken.map(token -> pageTokens.read(query, token));
    int limit = request.maxResults.filter(max -> max > 0).orElse(PAGE);
    return database.read(handle -> {
      Image image = Images.require(handle, caller, request.name);
      Page<Shared> page =
          Page.of(
              ImageShares.page(handle, image, accounts, after, limit + 1).entrySet().stream()
                  .map(Shared::of)
                  .toList(),
              limit);
      return new Result(
          image.name(), page.items(), page.nextToken(pageTokens, query, Shared::sharedAccountId));
    });
  }
}
