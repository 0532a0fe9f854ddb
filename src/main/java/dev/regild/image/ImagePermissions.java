package dev.regild.image;

/**
 * What may be made of an image.
 *
 * @param allowFleet whether fleets may run it
 * @param allowImageBuilder whether image builders may start from it
 */
public record ImagePermissions(boolean allowFleet, boolean allowImageBuilder) {
  public static final ImagePermissions ALL = new ImagePermissions(true, true);
}
