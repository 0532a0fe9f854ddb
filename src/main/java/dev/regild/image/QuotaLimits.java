package dev.regild.image;

/**
 * How much one owner may have, account and region together.
 *
 * @param images images in whatever state
 * @param imageBuilders image builders at one time
 */
public record QuotaLimits(int images, int imageBuilders) {
  public QuotaLimits {
    if (images < 0 || imageBuilders < 0) {
      throw new IllegalArgumentException("A quota can't be negative.");
    }
  }
}
