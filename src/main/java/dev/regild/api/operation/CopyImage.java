package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiException;
import dev.regild.api.CredentialScope;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.update.CopyRequest;
import dev.regild.update.ImageCopies;
import java.util.Optional;

/** {@code CopyImage}: one of the caller's images, in the same region or another one. */
record CopyImage(ImageCopies copies) implements Operation<CopyImage.Request> {

  record Request(
      @JsonProperty("SourceImageName") String sourceImageName,
      @JsonProperty("DestinationImageName") String destinationImageName,
      @JsonProperty("DestinationRegion") String destinationRegion,
      @JsonProperty("DestinationImageDescription") Optional<String> destinationImageDescription) {}

  record Result(@JsonProperty("DestinationImageName") String destinationImageName) {}

  @Override
  public Result answer(Owner caller, Request request) {
    if (!CredentialScope.REGION.matcher(request.destinationRegion).matches()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          ("1 validation error detected: Value '%s' at 'destinationRegion' failed to satisfy"
                  + " constraint: Member must be a region such as us-east-1")
              .formatted(request.destinationRegion));
    }
    Image copy =
        copies.copy(
            new CopyRequest(
                caller,
                request.sourceImageName,
                new Owner(caller.accountId(), request.destinationRegion),
                request.destinationImageName,
                request.destinationImageDescription));
    return new Result(copy.name());
  }
}
