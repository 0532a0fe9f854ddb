package dev.regild.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place of the objects.
 *
 * @param bucket its name
 * @param prefix the beginning of every key, without a slash at its end; empty for none
 */
public record StoreLocation(String bucket, String prefix) {
  /** Bucket names by AWS' rules, and a prefix of characters that need no escape in a key. */
  private static final Pattern FORM =
      Pattern.compile(
          "s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_.=-]{1,100}){0,8})/?");

  /** Parses {@code s3://bucket/prefix}; empty if the text has another form. */
  public static Optional<StoreLocation> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || text.contains("/../") || text.contains("/./")) {
      return Optional.empty();
    }
    String prefix = matcher.group(2);
    return Optional.of(
        new StoreLocation(matcher.group(1), prefix.isEmpty() ? "" : prefix.substring(1)));
  }

  /** Returns the key of an object in the bucket. */
  String key(String name) {
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** Returns the name of the object with this key. */
  String name(String key) {
    return prefix.isEmpty() ? key : key.substring(prefix.length() + 1);
  }

  @Override
  public String toString() {
    return "s3://" + key(bucket, prefix);
  }

  private static String key(String bucket, String prefix) {
    return prefix.isEmpty() ? bucket : bucket + "/" + prefix;
  }
}
