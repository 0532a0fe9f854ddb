package dev.regild.image;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One image of the registry as it is at the moment. A change goes through {@link Images}.
 *
 * @param id a UUID; unlike the name it is never used again
 * @param owner account and region
 * @param name unique with its owner
 * @param baseImageArn the image that this one was made from
 * @param displayName what people see
 * @param description for people
 * @param state where it is in its life
 * @param stateChangeReason why, where the state says that something went wrong
 * @param errors what went wrong
 * @param visibility PRIVATE or PUBLIC; whether it is SHARED depends on who asks
 * @param sharedWithOthers whether its owner shares it with other accounts
 * @param type made by an owner, or provided
 * @param imageBuilderSupported whether image builders start from it
 * @param platform {@code DEBIAN_12}; empty until an import has read the disk
 * @param applications what it offers its users
 * @param created when the image was asked for, in whole milliseconds
 * @param baseImageReleased when the public base image was released that it descends from
 * @param agentVersion the version of the agent on it
 * @param permissions what its owner may make of it
 * @param instanceFamilies the instance families that can run it
 * @param dynamicAppProviders whether applications can be assigned at run time
 * @param managedSoftware whether it holds software that the service licenses
 * @param disk empty until it is finished
 * @param predecessor the image that it was updated from
 * @param snapshot the digest of the channel's snapshot that it was updated to
 * @param qualification what its boot said; empty where none was asked for
 */
public record Image(
    String id,
    Owner owner,
    String name,
    Optional<String> baseImageArn,
    Optional<String> displayName,
    Optional<String> description,
    ImageState state,
    Optional<StateChangeReason> stateChangeReason,
    List<ImageError> errors,
    Visibility visibility,
    boolean sharedWithOthers,
    ImageType type,
    boolean imageBuilderSupported,
    Optional<String> platform,
    List<Application> applications,
    Instant created,
    Optional<Instant> baseImageReleased,
    Optional<String> agentVersion,
    ImagePermissions permissions,
    List<String> instanceFamilies,
    boolean dynamicAppProviders,
    boolean managedSoftware,
    Optional<ImageDisk> disk,
    Optional<Predecessor> predecessor,
    Optional<String> snapshot,
    Optional<Qualification> qualification) {
  /** The instance families of an image that says nothing about them. */
  private static final List<String> ANY_FAMILY = List.of("GENERAL_PURPOSE");

  public Image {
    errors = List.copyOf(errors);
    applications = List.copyOf(applications);
    instanceFamilies = List.copyOf(instanceFamilies);
  }

  /** An image that is going to be made from an uploaded disk. */
  public static Image importing(
      Owner owner,
      String name,
      Optional<String> displayName,
      Optional<String> description,
      List<Application> applications,
      Instant now) {
    return new Image(
        UUID.randomUUID().toString(),
        owner,
        name,
        Optional.empty(),
        displayName,
        description,
        ImageState.IMPORTING,
        Optional.empty(),
        List.of(),
        Visibility.PRIVATE,
        false,
        ImageType.CUSTOM,
        true,
        Optional.empty(),
        applications,
        Instant.ofEpochMilli(now.toEpochMilli()),
        // Its own import is where its line begins.
        Optional.of(Instant.ofEpochMilli(now.toEpochMilli())),
        Optional.empty(),
        ImagePermissions.ALL,
        ANY_FAMILY,
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * A new image that is going to be this one, updated. Applications, permissions, the public base
   * image's date and the instance families carry over; names, description, sharing and tags don't.
   *
   * @param toSnapshot the digest of the channel's snapshot
   */
  public Image updated(
      String newName,
      Optional<String> newDisplayName,
      Optional<String> newDescription,
      String toSnapshot,
      Instant now) {
    return new Image(
        UUID.randomUUID().toString(),
        owner,
        newName,
        Optional.of(arn()),
        newDisplayName,
        newDescription,
        ImageState.PENDING,
        Optional.empty(),
        List.of(),
        Visibility.PRIVATE,
        false,
        ImageType.CUSTOM,
        imageBuilderSupported,
        platform,
        applications,
        Instant.ofEpochMilli(now.toEpochMilli()),
        baseImageReleased,
        agentVersion,
        permissions,
        instanceFamilies,
        dynamicAppProviders,
        managedSoftware,
        Optional.empty(),
        Optional.of(new Predecessor(id, name)),
        Optional.of(toSnapshot),
        Optional.empty());
  }

  /**
   * A copy that is going to be made of this image, on the same layers, in the region of the new
   * owner. All that is on the disk carries over, and so do the display name and what its owner may
   * make of it; sharing, tags and lineage don't.
   */
  public Image copied(
      Owner newOwner, String newName, Optional<String> newDescription, Instant now) {
    return new Image(
        UUID.randomUUID().toString(),
        newOwner,
        newName,
        baseImageArn,
        displayName,
        newDescription,
        ImageState.COPYING,
        Optional.empty(),
        List.of(),
        Visibility.PRIVATE,
        false,
        type,
        imageBuilderSupported,
        platform,
        applications,
        Instant.ofEpochMilli(now.toEpochMilli()),
        baseImageReleased,
        agentVersion,
        permissions,
        instanceFamilies,
        dynamicAppProviders,
        managedSoftware,
        disk,
        Optional.empty(),
        snapshot,
        qualification);
  }

  /** Its ARN, see {@link Arn}. */
  public String arn() {
    return Arn.ofImage(owner, name).toString();
  }
}
