package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.builder.ImageBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The shape {@code ImageBuilder} of one that is on no subnet. */
record WireImageBuilder(
    @JsonProperty("Name") String name,
    @JsonProperty("Arn") String arn,
    @JsonProperty("ImageArn") String imageArn,
    @JsonProperty("Description") Optional<String> description,
    @JsonProperty("DisplayName") Optional<String> displayName,
    @JsonProperty("InstanceType") String instanceType,
    @JsonProperty("Platform") String platform,
    @JsonProperty("State") String state,
    @JsonProperty("CreatedTime") Instant createdTime,
    @JsonProperty("EnableDefaultInternetAccess") boolean enableDefaultInternetAccess,
    @JsonProperty("ImageBuilderErrors") List<WireImage.ResourceError> imageBuilderErrors,
    @JsonProperty("AppstreamAgentVersion") Optional<String> appstreamAgentVersion) {

  static WireImageBuilder of(ImageBuilder builder) {
    return of(builder, builder.state().name());
  }

  /** One that was just deleted. */
  static WireImageBuilder deleting(ImageBuilder builder) {
    return of(builder, "DELETING");
  }

  private static WireImageBuilder of(ImageBuilder builder, String state) {
    return new WireImageBuilder(
        builder.name(),
        builder.arn(),
        builder.imageArn(),
        builder.description(),
        builder.displayName(),
        builder.instanceType(),
        builder.platform(),
        state,
        builder.created(),
        false,
        List.of(),
        builder.agentVersion());
  }
}
