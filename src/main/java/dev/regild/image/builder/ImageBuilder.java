package dev.regild.image.builder;

import dev.regild.image.Arn;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The temporary machine in which one update is made.
 *
 * @param owner account and region
 * @param name see {@link #nameFor}
 * @param newImageId the id of the image that it makes
 * @param imageArn the image that it started from
 * @param displayName what people see
 * @param description for people
 * @param instanceType {@code stream.standard.small}
 * @param platform {@code DEBIAN_12}
 * @param agentVersion the version of the agent on the image that it started from
 * @param state UPDATING, then PENDING_QUALIFICATION
 * @param created when, in whole milliseconds
 */
public record ImageBuilder(
    Owner owner,
    String name,
    String newImageId,
    String imageArn,
    Optional<String> displayName,
    Optional<String> description,
    String instanceType,
    String platform,
    Optional<String> agentVersion,
    ImageBuilderState state,
    Instant created) {
  /** The API's pattern of names admits 101 characters; a dot and ten digits are ours. */
  private static final int LONGEST_STEM = 101 - 11;

  /**
   * The builder for an update of one image into another.
   *
   * @throws IllegalArgumentException if the existing image has no platform, since it isn't finished
   */
  public static ImageBuilder updating(
      Image existing, Image newImage, RandomGenerator random, Instant now) {
    return new ImageBuilder(
        newImage.owner(),
        nameFor(newImage.name(), random),
        newImage.id(),
        existing.arn(),
        newImage.displayName(),
        newImage.description(),
        InstanceFamily.smallestType(newImage.terms().instanceFamilies()),
        existing
            .platform()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "The image %s has no platform.".formatted(existing.name()))),
        existing.agentVersion(),
        ImageBuilderState.UPDATING,
        Instant.ofEpochMilli(now.toEpochMilli()));
  }

  /** The image's name, shortened where it must be, a dot, and ten random digits. */
  static String nameFor(String imageName, RandomGenerator random) {
    String stem = imageName.substring(0, Math.min(imageName.length(), LONGEST_STEM));
    return "%s.%010d".formatted(stem, random.nextLong(10_000_000_000L));
  }

  public String arn() {
    return Arn.ofImageBuilder(owner, name).toString();
  }
}
