package dev.regild.update;

import dev.regild.image.Application;
import dev.regild.image.Owner;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request for an image that is made of an uploaded disk.
 *
 * @param owner who asks, and whose the image will be
 * @param name the image to make
 * @param diskId what the upload was answered with
 * @param description for people
 * @param displayName what people see
 * @param tags the image's
 * @param applications what the image offers its users
 * @param agentSoftwareVersion CURRENT_LATEST or ALWAYS_LATEST
 * @param validated whether the image is to be booted before it is AVAILABLE
 * @param intendedInstanceType the type that the image is going to run on
 * @param dryRun whether only the checks are wanted
 * @param askedBy the id of the caller's access key; empty where requests are not signed
 */
public record ImportRequest(
    Owner owner,
    String name,
    String diskId,
    Optional<String> description,
    Optional<String> displayName,
    Map<String, String> tags,
    List<Application> applications,
    Optional<String> agentSoftwareVersion,
    boolean validated,
    Optional<String> intendedInstanceType,
    boolean dryRun,
    String askedBy) {
  public ImportRequest {
    tags = Map.copyOf(tags);
    applications = List.copyOf(applications);
  }
}
