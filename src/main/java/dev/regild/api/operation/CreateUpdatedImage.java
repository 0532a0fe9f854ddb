package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Caller;
import dev.regild.api.Operation;
import dev.regild.image.Owner;
import dev.regild.plan.UpdateOptions;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import java.util.Map;
import java.util.Optional;

/**
 * {@code CreateUpdatedImage}: makes an updated image from an existing one.
 *
 * @param options what the caller allows
 */
record CreateUpdatedImage(Updates updates, UpdateOptions options, WireImages wireImages)
    implements Operation<CreateUpdatedImage.Request> {

  record Request(
      @JsonProperty("existingImageName") String existingImageName,
      @JsonProperty("newImageName") String newImageName,
      @JsonProperty("newImageDescription") Optional<String> newImageDescription,
      @JsonProperty("newImageDisplayName") Optional<String> newImageDisplayName,
      @JsonProperty("newImageTags") Optional<Map<String, String>> newImageTags,
      @JsonProperty("dryRun") Optional<Boolean> dryRun) {}

  record Result(
      @JsonProperty("image") WireImage image,
      @JsonProperty("canUpdateImage") boolean canUpdateImage) {}

  @Override
  public boolean changes(Request request) {
    return !request.dryRun.orElse(false);
  }

  @Override
  public Result answer(Owner caller, Request request) {
    return answer(caller, "", request);
  }

  @Override
  public Result answer(Caller caller, Request request) {
    return answer(caller.owner(), caller.key(), request);
  }

  private Result answer(Owner caller, String askedBy, Request request) {
    UpdateAnswer answer =
        updates.update(
            new UpdateRequest(
                caller,
                request.existingImageName,
                request.newImageName,
                request.newImageDescription,
                request.newImageDisplayName,
                request.newImageTags.orElse(Map.of()),
                request.dryRun.orElse(false),
                options,
                askedBy));
    return new Result(wireImages.of(answer.image()), answer.canUpdateImage());
  }
}
