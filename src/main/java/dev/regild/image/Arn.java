package dev.regild.image;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a resource that is unique among all accounts and regions: {@code
 * arn:aws:appstream:us-east-1:123456789012:image/golden}. What is public has no account in it.
 *
 * @param owner account and region
 * @param kind image or image builder
 * @param name the resource's name
 */
public record Arn(Owner owner, Kind kind, String name) {
  private static final Pattern FORM =
      Pattern.compile(
          "arn:aws:appstream:([a-z0-9-]{1,32}):(\\d{12}|):(image|image-builder)/([a-zA-Z0-9][a-zA-Z0-9_.-]{0,100})");

  /** The kinds of resources that have an ARN here. */
  public enum Kind {
    IMAGE("image"),
    IMAGE_BUILDER("image-builder");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  public static Arn ofImage(Owner owner, String name) {
    return new Arn(owner, Kind.IMAGE, name);
  }

  public static Arn ofImageBuilder(Owner owner, String name) {
    return new Arn(owner, Kind.IMAGE_BUILDER, name);
  }

  /** Reads an ARN; empty if it can't be one of a resource here. */
  public static Optional<Arn> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    Kind kind = form.group(3).equals(Kind.IMAGE.word) ? Kind.IMAGE : Kind.IMAGE_BUILDER;
    return Optional.of(new Arn(new Owner(form.group(2), form.group(1)), kind, form.group(4)));
  }

  @Override
  public String toString() {
    return "arn:aws:appstream:"
        + owner.region()
        + ":"
        + owner.accountId()
        + ":"
        + kind.word
        + "/"
        + name;
  }
}
