package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Caller;
import dev.regild.api.Operation;
import dev.regild.image.Application;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.update.ImportRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@code CreateImportedImage}: imports an uploaded disk, by the id that the upload returned.
 *
 * @param imports accepts an import, or only checks it, and returns its image
 */
record CreateImportedImage(
    Function<ImportRequest, Image> imports, Clock clock, WireImages wireImages)
    implements Operation<CreateImportedImage.Request> {

  record Request(
      @JsonProperty("Name") String name,
      @JsonProperty("SourceAmiId") String sourceAmiId,
      @JsonProperty("IamRoleArn") String iamRoleArn,
      @JsonProperty("Description") Optional<String> description,
      @JsonProperty("DisplayName") Optional<String> displayName,
      @JsonProperty("Tags") Optional<Map<String, String>> tags,
      @JsonProperty("RuntimeValidationConfig")
          Optional<RuntimeValidationConfig> runtimeValidationConfig,
      @JsonProperty("AgentSoftwareVersion") Optional<String> agentSoftwareVersion,
      @JsonProperty("AppCatalogConfig") Optional<List<ApplicationConfig>> appCatalogConfig,
      @JsonProperty("DryRun") Optional<Boolean> dryRun) {}

  record RuntimeValidationConfig(
      @JsonProperty("IntendedInstanceType") Optional<String> intendedInstanceType) {}

  record ApplicationConfig(
      @JsonProperty("Name") String name,
      @JsonProperty("DisplayName") Optional<String> displayName,
      @JsonProperty("AbsoluteAppPath") String absoluteAppPath,
      @JsonProperty("AbsoluteIconPath") Optional<String> absoluteIconPath,
      @JsonProperty("AbsoluteManifestPath") Optional<String> absoluteManifestPath,
      @JsonProperty("WorkingDirectory") Optional<String> workingDirectory,
      @JsonProperty("LaunchParameters") Optional<String> launchParameters) {

    Application application(Instant now) {
      return new Application(
          name,
          displayName,
          absoluteIconPath,
          Optional.of(absoluteAppPath),
          launchParameters,
          true,
          absoluteManifestPath.map(path -> Map.of("AbsoluteManifestPath", path)).orElse(Map.of()),
          workingDirectory,
          Optional.empty(),
          List.of(),
          List.of(),
          Optional.of(now));
    }
  }

  record Result(@JsonProperty("Image") WireImage image) {}

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
    RoleArn.require(request.iamRoleArn);
    Instant now = clock.instant();
    ImportRequest wanted =
        new ImportRequest(
            caller,
            request.name,
            request.sourceAmiId,
            request.description,
            request.displayName,
            request.tags.orElse(Map.of()),
            request.appCatalogConfig.orElse(List.of()).stream()
                .map(config -> config.application(now))
                .toList(),
            request.agentSoftwareVersion,
            request.runtimeValidationConfig.isPresent(),
            request.runtimeValidationConfig.flatMap(RuntimeValidationConfig::intendedInstanceType),
            request.dryRun.orElse(false),
            askedBy);
    return new Result(wireImages.of(imports.apply(wanted)));
  }
}
