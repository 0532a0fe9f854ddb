package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.Image;
import dev.regild.image.ImageError;
import dev.regild.image.ImagePermissions;
import dev.regild.image.Owner;
import dev.regild.image.RevokedImages.Revoked;
import dev.regild.image.StateChangeReason;
import dev.regild.image.Visibility;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The shape {@code Image}. Its {@code ImageBuilderName} is for images that an image builder's user
 * made by hand: it is never present.
 */
record WireImage(
    @JsonProperty("Name") String name,
    @JsonProperty("Arn") String arn,
    @JsonProperty("BaseImageArn") Optional<String> baseImageArn,
    @JsonProperty("DisplayName") Optional<String> displayName,
    @JsonProperty("State") String state,
    @JsonProperty("Visibility") String visibility,
    @JsonProperty("ImageBuilderSupported") boolean imageBuilderSupported,
    @JsonProperty("Platform") Optional<String> platform,
    @JsonProperty("Description") Optional<String> description,
    @JsonProperty("StateChangeReason") Optional<Reason> stateChangeReason,
    @JsonProperty("Applications") List<WireApplication> applications,
    @JsonProperty("CreatedTime") Instant createdTime,
    @JsonProperty("PublicBaseImageReleasedDate") Optional<Instant> publicBaseImageReleasedDate,
    @JsonProperty("AppstreamAgentVersion") Optional<String> appstreamAgentVersion,
    @JsonProperty("ImagePermissions") Permissions imagePermissions,
    @JsonProperty("ImageErrors") List<ResourceError> imageErrors,
    @JsonProperty("LatestAppstreamAgentVersion") Optional<String> latestAppstreamAgentVersion,
    @JsonProperty("SupportedInstanceFamilies") List<String> supportedInstanceFamilies,
    @JsonProperty("DynamicAppProvidersEnabled") String dynamicAppProvidersEnabled,
    @JsonProperty("ImageSharedWithOthers") Optional<String> imageSharedWithOthers,
    @JsonProperty("ManagedSoftwareIncluded") boolean managedSoftwareIncluded,
    @JsonProperty("ImageType") String imageType) {
  private static final StateChangeReason.Code WAITING =
      StateChangeReason.Code.IMAGE_BUILDER_NOT_AVAILABLE;

  /** The shape {@code ImageStateChangeReason}. */
  record Reason(
      @JsonProperty("Code") Optional<String> code, @JsonProperty("Message") String message) {
    static Reason of(StateChangeReason reason) {
      return new Reason(Optional.of(reason.code().name()), reason.message());
    }

    /** None of the API's codes says so. */
    static Reason of(Revoked revoked) {
      return new Reason(Optional.empty(), revoked.text());
    }
  }

  /** The shape {@code ImagePermissions}, whose members begin with small letters. */
  record Permissions(
      @JsonProperty("allowFleet") boolean allowFleet,
      @JsonProperty("allowImageBuilder") boolean allowImageBuilder) {
    static Permissions of(ImagePermissions permissions) {
      return new Permissions(permissions.allowFleet(), permissions.allowImageBuilder());
    }
  }

  /** The shape {@code ResourceError}. */
  record ResourceError(
      @JsonProperty("ErrorCode") String errorCode,
      @JsonProperty("ErrorMessage") String errorMessage,
      @JsonProperty("ErrorTimestamp") Instant errorTimestamp) {
    static ResourceError of(ImageError error) {
      return new ResourceError(error.code(), error.message(), error.time());
    }
  }

  /**
   * An image as somebody sees it.
   *
   * @param share what the viewer may make of it, if it is shared with the viewer
   * @param waiting why no node can make it
   * @param revoked why it is not to be used any more
   * @param agentIsLatest whether its channel has no newer agent, if it has one
   */
  static WireImage of(
      Image image,
      Owner viewer,
      Optional<ImagePermissions> share,
      Optional<String> waiting,
      Optional<Revoked> revoked,
      Optional<Boolean> agentIsLatest) {
    boolean own = image.owner().equals(viewer);
    return new WireImage(
        image.name(),
        image.arn(),
        image.origin().baseImageArn(),
        image.displayName(),
        image.state().name(),
        (own || image.sharing().visibility() == Visibility.PUBLIC
                ? image.sharing().visibility()
                : Visibility.SHARED)
            .name(),
        image.terms().imageBuilderSupported(),
        image.platform(),
        image.description(),
        image
            .stateChangeReason()
            .map(Reason::of)
            .or(() -> revoked.map(Reason::of))
            .or(() -> waiting.map(words -> new Reason(Optional.of(WAITING.name()), words))),
        image.content().applications().stream().map(WireApplication::of).toList(),
        image.created(),
        image.origin().baseImageReleased(),
        image.agentVersion(),
        Permissions.of(share.orElse(image.terms().permissions())),
        image.status().errors().stream().map(ResourceError::of).toList(),
        agentIsLatest.map(WireImage::flag),
        image.terms().instanceFamilies(),
        image.terms().dynamicAppProviders() ? "ENABLED" : "DISABLED",
        own ? Optional.of(flag(image.sharing().withOthers())) : Optional.empty(),
        image.terms().managedSoftware(),
        image.terms().type().name());
  }

  private static String flag(boolean value) {
    return value ? "TRUE" : "FALSE";
  }
}
