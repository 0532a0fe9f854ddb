package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.account.Accounts;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.quota.Quotas;
import java.util.Optional;

/**
 * {@code UpdateImagePermissions}: shares an image with another account of this server, or changes
 * what that account may make of it. Each call says all of it: what is absent is not allowed.
 */
record UpdateImagePermissions(Database database, Quotas quotas, Accounts accounts)
    implements Operation<UpdateImagePermissions.Request> {

  record Request(
      @JsonProperty("Name") String name,
      @JsonProperty("SharedAccountId") String sharedAccountId,
      @JsonProperty("ImagePermissions") Permissions imagePermissions) {}

  record Permissions(
      @JsonProperty("allowFleet") Optional<Boolean> allowFleet,
      @JsonProperty("allowImageBuilder") Optional<Boolean> allowImageBuilder) {}

  record Result() {}

  @Override
  public Result answer(Owner caller, Request request) {
    String account = request.sharedAccountId;
    if (account.equals(caller.accountId()) || accounts.find(account).isEmpty()) {
      throw new ApiException(
          ErrorType.RESOURCE_NOT_FOUND,
          "Account %s does not exist, or is the image's own; name another account."
              .formatted(account));
    }
    ImagePermissions permissions =
        new ImagePermissions(
            request.imagePermissions.allowFleet.orElse(false),
            request.imagePermissions.allowImageBuilder.orElse(false));
    database.useTransaction(handle -> {
      Image image = Images.requireAvailable(handle, caller, request.name);
      if (ImageShares.find(handle, image, account).isEmpty()) {
        quotas.reserveShare(handle, image);
      }
      ImageShares.put(handle, image, account, permissions);
    });
    return new Result();
  }
}
