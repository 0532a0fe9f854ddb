package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.image.Owner;
import dev.regild.update.ExportRequest;
import dev.regild.update.ImageExports;
import java.util.Map;
import java.util.Optional;

/** {@code CreateExportImageTask}: an image as a standalone disk, to download or to import. */
record CreateExportImageTask(ImageExports exports)
    implements Operation<CreateExportImageTask.Request> {

  record Request(
      @JsonProperty("ImageName") String imageName,
      @JsonProperty("AmiName") String amiName,
      @JsonProperty("IamRoleArn") String iamRoleArn,
      @JsonProperty("TagSpecifications") Optional<Map<String, String>> tagSpecifications,
      @JsonProperty("AmiDescription") Optional<String> amiDescription) {}

  record Result(@JsonProperty("ExportImageTask") WireExportImageTask exportImageTask) {}

  @Override
  public Result answer(Owner caller, Request request) {
    RoleArn.require(request.iamRoleArn);
    ExportRequest wanted =
        new ExportRequest(
            caller,
            request.imageName,
            request.amiName,
            request.amiDescription,
            request.tagSpecifications.orElse(Map.of()));
    return new Result(WireExportImageTask.of(exports.export(wanted)));
  }
}
