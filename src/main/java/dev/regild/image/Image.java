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
 * @param displayName what people see
 * @param description for people
 * @param created when the image was asked for, in whole milliseconds
 * @param status where it is in its life
 * @param sharing who else sees it
 * @param origin what it was made from
 * @param terms what may be made of it, and where it runs
 * @param content what is on its disk
 * @param marks whether policies concern it
 */
public record Image(
    String id,
    Owner owner,
    String name,
    Optional<String> displayName,
    Optional<String> description,
    Instant created,
    Status status,
    Sharing sharing,
    Origin origin,
    Terms terms,
    Content content,
    Marks marks) {

  /**
   * Where an image is in its life.
   *
   * @param reason why, where the state says that something went wrong
   * @param errors what went wrong
   */
  public record Status(
      ImageState state, Optional<StateChangeReason> reason, List<ImageError> errors) {
    public Status {
      errors = List.copyOf(errors);
    }

    /** A state with which nothing is wrong. */
    public static Status of(ImageState state) {
      return new Status(state, Optional.empty(), List.of());
    }
  }

  /**
   * Who else sees an image.
   *
   * @param visibility PRIVATE or PUBLIC; whether it is SHARED depends on who asks
   * @param withOthers whether its owner shares it with other accounts
   */
  public record Sharing(Visibility visibility, boolean withOthers) {
    /** Nobody but its owner sees it. */
    public static final Sharing NONE = new Sharing(Visibility.PRIVATE, false);
  }

  /**
   * What an image was made from.
   *
   * @param baseImageArn the image that this one was made from
   * @param baseImageReleased when the public base image was released that it descends from
   * @param predecessor the image that it was updated from
   * @param snapshot the digest of the channel's snapshot that it was updated to
   */
  public record Origin(
      Optional<String> baseImageArn,
      Optional<Instant> baseImageReleased,
      Optional<Predecessor> predecessor,
      Optional<String> snapshot) {}

  /**
   * What may be made of an image, and where it runs.
   *
   * @param type made by an owner, or provided
   * @param imageBuilderSupported whether image builders start from it
   * @param permissions what its owner may make of it
   * @param instanceFamilies the instance families that can run it
   * @param dynamicAppProviders whether applications can be assigned at run time
   * @param managedSoftware whether it holds software that the service licenses
   */
  public record Terms(
      ImageType type,
      boolean imageBuilderSupported,
      ImagePermissions permissions,
      List<String> instanceFamilies,
      boolean dynamicAppProviders,
      boolean managedSoftware) {
    /** Those of an image that says nothing about them. */
    public static final Terms USUAL =
        new Terms(
            ImageType.CUSTOM, true, ImagePermissions.ALL, List.of("GENERAL_PURPOSE"), false, false);

    public Terms {
      instanceFamilies = List.copyOf(instanceFamilies);
    }

    private Terms custom() {
      return new Terms(
          ImageType.CUSTOM,
          imageBuilderSupported,
          permissions,
          instanceFamilies,
          dynamicAppProviders,
          managedSoftware);
    }
  }

  /**
   * What is on an image's disk.
   *
   * @param platform {@code DEBIAN_12}; empty until an import has read the disk
   * @param agentVersion the version of the agent on it
   * @param applications what it offers its users
   * @param disk empty until it is finished
   * @param qualification what its boot said; empty where none was asked for
   */
  public record Content(
      Optional<String> platform,
      Optional<String> agentVersion,
      List<Application> applications,
      Optional<ImageDisk> disk,
      Optional<Qualification> qualification) {
    public Content {
      applications = List.copyOf(applications);
    }

    private Content withoutDisk() {
      return new Content(platform, agentVersion, applications, Optional.empty(), Optional.empty());
    }
  }

  /**
   * Whether policies concern an image: most are spared the questions.
   *
   * @param revoked whether {@link RevokedImages} says why it is not to be used any more
   * @param followsRing whether its line follows a ring of a channel
   */
  public record Marks(boolean revoked, boolean followsRing) {
    /** Those of a new image, which no policy has seen. */
    public static final Marks NONE = new Marks(false, false);
  }

  /** An image that is going to be made from an uploaded disk. */
  public static Image importing(
      Owner owner,
      String name,
      Optional<String> displayName,
      Optional<String> description,
      List<Application> applications,
      Instant now) {
    Instant created = Instant.ofEpochMilli(now.toEpochMilli());
    // Its own import is where its line begins.
    Optional<Instant> released = Optional.of(created);
    return new Image(
        UUID.randomUUID().toString(),
        owner,
        name,
        displayName,
        description,
        created,
        Status.of(ImageState.IMPORTING),
        Sharing.NONE,
        new Origin(Optional.empty(), released, Optional.empty(), Optional.empty()),
        Terms.USUAL,
        new Content(
            Optional.empty(), Optional.empty(), applications, Optional.empty(), Optional.empty()),
        Marks.NONE);
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
        newDisplayName,
        newDescription,
        Instant.ofEpochMilli(now.toEpochMilli()),
        Status.of(ImageState.PENDING),
        Sharing.NONE,
        new Origin(
            Optional.of(arn()),
            origin.baseImageReleased,
            Optional.of(new Predecessor(id, name)),
            Optional.of(toSnapshot)),
        terms.custom(),
        content.withoutDisk(),
        Marks.NONE);
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
        displayName,
        newDescription,
        Instant.ofEpochMilli(now.toEpochMilli()),
        Status.of(ImageState.COPYING),
        Sharing.NONE,
        new Origin(
            origin.baseImageArn, origin.baseImageReleased, Optional.empty(), origin.snapshot),
        terms,
        content,
        Marks.NONE);
  }

  /** Its ARN, see {@link Arn}. */
  public String arn() {
    return Arn.ofImage(owner, name).toString();
  }

  /** Where it is in its life. */
  public ImageState state() {
    return status.state;
  }

  /** Why it is in its state, where that says that something went wrong. */
  public Optional<StateChangeReason> stateChangeReason() {
    return status.reason;
  }

  /** {@code DEBIAN_12}; empty until an import has read the disk. */
  public Optional<String> platform() {
    return content.platform;
  }

  /** The version of the agent on it. */
  public Optional<String> agentVersion() {
    return content.agentVersion;
  }

  /** Its disk; empty until it is finished. */
  public Optional<ImageDisk> disk() {
    return content.disk;
  }

  /** What its boot said; empty where none was asked for. */
  public Optional<Qualification> qualification() {
    return content.qualification;
  }
}
