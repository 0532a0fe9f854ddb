package dev.regild.image;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;

/**
 * Names that stand for an image: {@code golden/prod}. In the path of a URL, where a slash separates
 * segments, {@code golden:prod} is the same.
 */
final class AliasNames {
  private static final Pattern SEPARATOR = Pattern.compile("[/:]");

  private AliasNames() {}

  /** Whether a name can only be that of an alias: no image's has a separator in it. */
  static boolean isAlias(String name) {
    return SEPARATOR.matcher(name).find();
  }

  /** Returns the name of the owner's image that an alias names; empty if there is no such alias. */
  static Optional<String> imageName(Handle handle, Owner owner, String alias) {
    String[] parts = SEPARATOR.split(alias, -1);
    if (parts.length != 2) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            """
            SELECT image.name
              FROM line JOIN alias ON alias.line_id = line.id JOIN image ON image.id = alias.image_id
             WHERE line.account_id = :account AND line.region = :region AND line.name = :line
               AND alias.name = :alias
               AND image.account_id = line.account_id AND image.region = line.region
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("line", parts[0])
        .bind("alias", parts[1])
        .mapTo(String.class)
        .findOne();
  }

  /** Returns the aliases that name an image. */
  static List<String> of(Handle handle, Image image) {
    return handle
        .createQuery(
            """
            SELECT line.name || '/' || alias.name
              FROM alias JOIN line ON line.id = alias.line_id
             WHERE alias.image_id = :image ORDER BY line.name, alias.name
            """)
        .bind("image", image.id())
        .mapTo(String.class)
        .list();
  }
}
