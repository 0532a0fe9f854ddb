package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.Application;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The shape {@code Application}, without what belongs to app blocks. */
record WireApplication(
    @JsonProperty("Name") String name,
    @JsonProperty("DisplayName") Optional<String> displayName,
    @JsonProperty("IconURL") Optional<String> iconUrl,
    @JsonProperty("LaunchPath") Optional<String> launchPath,
    @JsonProperty("LaunchParameters") Optional<String> launchParameters,
    @JsonProperty("Enabled") boolean enabled,
    @JsonProperty("Metadata") Map<String, String> metadata,
    @JsonProperty("WorkingDirectory") Optional<String> workingDirectory,
    @JsonProperty("Description") Optional<String> description,
    @JsonProperty("Platforms") List<String> platforms,
    @JsonProperty("InstanceFamilies") List<String> instanceFamilies,
    @JsonProperty("CreatedTime") Optional<Instant> createdTime) {

  static WireApplication of(Application application) {
    return new WireApplication(
        application.name(),
        application.displayName(),
        application.iconUrl(),
        application.launchPath(),
        application.launchParameters(),
        application.enabled(),
        application.metadata(),
        application.workingDirectory(),
        application.description(),
        application.platforms(),
        application.instanceFamilies(),
        application.created());
  }
}
