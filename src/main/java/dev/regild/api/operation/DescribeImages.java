package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageQuery;
import dev.regild.image.ImageQuery.PageKey;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RevokedImages;
import dev.regild.image.RevokedImages.Revoked;
import dev.regild.image.Visibility;
import dev.regild.job.node.Nodes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * {@code DescribeImages}: the caller's own images, those shared with it, and the public ones. A
 * name or an ARN that none of them has is an error.
 */
record DescribeImages(Database database, PageTokens pageTokens, Nodes nodes, WireImages wireImages)
    implements Operation.ReadOnly<DescribeImages.Request> {
  /** The model's largest page is also what a page holds if the request doesn't say. */
  private static final int PAGE = 25;

  record Request(
      @JsonProperty("Names") Optional<List<String>> names,
      @JsonProperty("Arns") Optional<List<String>> arns,
      @JsonProperty("Type") Optional<String> type,
      @JsonProperty("NextToken") Optional<String> nextToken,
      @JsonProperty("MaxResults") Optional<Integer> maxResults) {}

  record Result(
      @JsonProperty("Images") List<WireImage> images,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  @Override
  public Result answer(Owner caller, Request request) {
    List<String> names = Selection.of("names", request.names);
    List<String> arns = Selection.of("arns", request.arns);
    if (!names.isEmpty() && !arns.isEmpty()) {
      throw new ApiException(
          ErrorType.INVALID_PARAMETER_COMBINATION,
          "Names and Arns cannot be given together; leave one of them out.");
    }
    List<String> query = queryOf(caller, names, arns, request.type);
    Optional<PageKey> after =
        request.nextToken.map(token -> pageKey(pageTokens.read(query, token)));
    int limit = request.maxResults.filter(max -> max > 0).orElse(PAGE);
    Page<Seen> page =
        database.read(handle -> {
          List<Image> found =
              Images.page(
                  handle,
                  new ImageQuery(
                      caller,
                      names,
                      arns,
                      request.type.map(Visibility::valueOf),
                      after,
                      limit + 1));
          requireAll(handle, caller, names, arns, found);
          Map<String, Revoked> revoked = RevokedImages.find(handle, found);
          return Page.of(
              found.stream()
                  .map(image ->
                      seen(handle, caller, image, Optional.ofNullable(revoked.get(image.id()))))
                  .toList(),
              limit);
        });
    // Not while a connection is held: this may read inventories.
    WireImages.Together together =
        wireImages.together(page.items().stream().map(Seen::image).toList());
    return new Result(
        page.items().stream()
            .map(seen -> together.of(seen.image, caller, seen.share, seen.waiting, seen.revoked))
            .toList(),
        page.nextToken(pageTokens, query, seen -> text(PageKey.of(seen.image))));
  }

  /** An image with what its viewer may make of it, why its job waits, and why it is revoked. */
  private record Seen(
      Image image,
      Optional<ImagePermissions> share,
      Optional<String> waiting,
      Optional<Revoked> revoked) {}

  private void requireAll(
      Handle handle, Owner caller, List<String> names, List<String> arns, List<Image> found) {
    Set<String> foundNames = found.stream().map(Image::name).collect(Collectors.toSet());
    for (String name : names) {
      if (!foundNames.contains(name) && !Images.sees(handle, caller, name)) {
        throw new ApiException(
            ErrorType.RESOURCE_NOT_FOUND,
            "Image %s does not exist or is not visible to account %s.".formatted(name, caller));
      }
    }
    Set<String> foundArns = found.stream().map(Image::arn).collect(Collectors.toSet());
    for (String arn : arns) {
      if (!foundArns.contains(arn) && !Images.seesArn(handle, caller, arn)) {
        throw new ApiException(
            ErrorType.RESOURCE_NOT_FOUND,
            "Image %s does not exist or is not visible to account %s.".formatted(arn, caller));
      }
    }
  }

  private Seen seen(Handle handle, Owner viewer, Image image, Optional<Revoked> revoked) {
    return image.owner().equals(viewer)
        ? new Seen(image, Optional.empty(), waiting(handle, image), revoked)
        : new Seen(
            image, ImageShares.find(handle, image, viewer.accountId()), Optional.empty(), revoked);
  }

  private Optional<String> waiting(Handle handle, Image image) {
    return switch (image.state()) {
      case PENDING, IMPORTING, COPYING, VALIDATING -> nodes.waiting(handle, image.id());
      case AVAILABLE, FAILED, CREATING, DELETING -> Optional.empty();
    };
  }

  private List<String> queryOf(
      Owner caller, List<String> names, List<String> arns, Optional<String> type) {
    List<String> query = new ArrayList<>();
    query.add(name());
    query.add(caller.accountId());
    query.add(caller.region());
    query.add(type.orElse(""));
    query.add("names");
    query.addAll(names);
    query.add("arns");
    query.addAll(arns);
    return query;
  }

  /** Neither a name nor an id has a space. */
  private static String text(PageKey key) {
    return key.name() + " " + key.id();
  }

  private static PageKey pageKey(String text) {
    int space = text.indexOf(' ');
    return new PageKey(text.substring(0, space), text.substring(space + 1));
  }
}
