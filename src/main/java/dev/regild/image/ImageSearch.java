package dev.regild.image;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * Finds images for people, of those that the viewer sees: filtered, in some order, by pages whose
 * cost does not grow with their number. Like {@link ImagePage}, it reads each kind of image from
 * its own index.
 *
 * @param viewer who asks, and in which region
 * @param filter which images
 * @param order how they are sorted
 * @param place where the page begins or ends
 * @param limit how many a page has at most
 */
public record ImageSearch(Owner viewer, Filter filter, Order order, Place place, int limit) {
  private static final String TABLES = "image LEFT JOIN layer ON layer.id = image.layer_id";

  public ImageSearch {
    if (limit < 1) {
      throw new IllegalArgumentException("A page holds at least one image, not " + limit);
    }
  }

  /**
   * Which images; what is empty excludes none.
   *
   * @param text a part of the name or of the display name, in whatever case
   * @param tag {@code key} or {@code key=value}
   * @param standing whether they are up to date
   */
  public record Filter(
      String text,
      Set<ImageState> states,
      String platform,
      Optional<Visibility> type,
      String tag,
      Optional<Standing> standing) {
    /** All images. */
    public static final Filter NONE =
        new Filter("", Set.of(), "", Optional.empty(), "", Optional.empty());

    public Filter {
      states = Set.copyOf(states);
    }
  }

  /** Whether images are up to date, as they were last judged. */
  public enum Standing {
    CURRENT("verdict.state = 'CURRENT'"),
    OUTDATED("verdict.state = 'OUTDATED'"),
    /** Judged without a result, or not judged yet. */
    UNKNOWN("COALESCE(verdict.state, 'UNKNOWN') = 'UNKNOWN'");

    private final String sql;

    Standing(String sql) {
      this.sql = sql;
    }
  }

  /** What images are sorted by; the id decides between equal ones. */
  public enum Column {
    NAME("image.name"),
    CREATED("image.created"),
    SIZE("COALESCE(layer.bytes, 0)"),
    /** How many changes an update would make. */
    CHANGES("COALESCE(verdict.changes, -1)");

    private final String sql;

    Column(String sql) {
      this.sql = sql;
    }
  }

  /** An order. */
  public record Order(Column column, boolean descending) {}

  /** A place in an order. */
  public record Key(String value, String id) {}

  /** Where a page is. */
  public sealed interface Place {
    /** At the beginning. */
    record First() implements Place {}

    /** After an image. */
    record After(Key key) implements Place {}

    /** Before an image. */
    record Before(Key key) implements Place {}
  }

  /**
   * An image of a page.
   *
   * @param layerBytes the size of its own layer; 0 if it has none yet
   */
  public record Hit(Image image, long layerBytes, Key key) {}

  /** A page of hits; whether there are more before and after it. */
  public record Hits(List<Hit> hits, boolean more, boolean earlier) {
    public Hits {
      hits = List.copyOf(hits);
    }
  }

  /** Finds a page. */
  public Hits find(Handle handle) {
    List<Hit> hits =
        new ArrayList<>(
            statement(handle)
                .map((row, _) -> {
                  Image image = ImageRow.read(row);
                  return new Hit(
                      image,
                      row.getLong("layer_bytes"),
                      new Key(row.getString("sort_value"), image.id()));
                })
                .list());
    boolean beyond = hits.size() > limit;
    if (beyond) {
      hits.removeLast();
    }
    return switch (place) {
      case Place.First _ -> new Hits(hits, beyond, false);
      case Place.After _ -> new Hits(hits, beyond, true);
      case Place.Before _ -> {
        Collections.reverse(hits);
        yield new Hits(hits, true, beyond);
      }
    };
  }

  /** The platforms of the viewer's own images, sorted; one look into the index for each. */
  public static List<String> platforms(Handle handle, Owner viewer) {
    return handle
        .createQuery(
            """
            WITH RECURSIVE found (platform) AS (
              SELECT MIN(platform) FROM image WHERE account_id = :account AND region = :region
              UNION ALL
              SELECT (SELECT MIN(image.platform) FROM image
                       WHERE account_id = :account AND region = :region
                         AND image.platform > found.platform)
                FROM found WHERE found.platform IS NOT NULL)
            SELECT platform FROM found WHERE platform IS NOT NULL
            """)
        .bind("account", viewer.accountId())
        .bind("region", viewer.region())
        .mapTo(String.class)
        .list();
  }

  private Query statement(Handle handle) {
    String tables = TABLES + VerdictSource.join(handle);
    String direction = descends() ? " DESC" : "";
    String ordered = " ORDER BY " + order.column.sql + direction + ", image.id" + direction;
    List<String> conditions = new ArrayList<>();
    Map<String, Object> values = new HashMap<>();
    filter(conditions, values);
    key()
        .ifPresent(key -> {
          conditions.add(
              "(%s, image.id) %s (:keyValue, :keyId)"
                  .formatted(order.column.sql, descends() ? "<" : ">"));
          values.put("keyValue", order.column == Column.NAME ? key.value : number(key.value));
          values.put("keyId", key.id);
        });
    String where = conditions.stream().map(each -> " AND " + each).collect(Collectors.joining());
    String ids =
        sources()
            .map(source ->
                "SELECT id FROM (SELECT image.id AS id FROM "
                    + tables
                    + " WHERE image.region = :region AND "
                    + source
                    + where
                    + ordered
                    + " LIMIT :limit) AS found")
            .collect(Collectors.joining(" UNION ALL "));
    // Only values are bound that come from a request: none of its text gets into the statement.
    String statement =
        """
        SELECT %s, layer.bytes AS layer_bytes, %s AS sort_value
          FROM %s
         WHERE image.id IN (%s) %s LIMIT :limit
        """
            .formatted(ImageRow.COLUMNS, order.column.sql, tables, ids, ordered);
    Query query = handle.createQuery(statement);
    query.getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
    if (!filter.states.isEmpty()) {
      query.bindList("states", filter.states.stream().map(ImageState::name).toList());
    }
    return query
        .bindMap(values)
        .bind("account", viewer.accountId())
        .bind("region", viewer.region())
        .bind("limit", limit + 1);
  }

  private void filter(List<String> conditions, Map<String, Object> values) {
    if (!filter.text.isEmpty()) {
      conditions.add(
          "(LOWER(image.name) LIKE :text ESCAPE '!'"
              + " OR LOWER(COALESCE(image.display_name, '')) LIKE :text ESCAPE '!')");
      values.put(
          "text", "%" + filter.text.toLowerCase(Locale.ROOT).replaceAll("([!%_])", "!$1") + "%");
    }
    if (!filter.states.isEmpty()) {
      conditions.add("image.state IN (<states>)");
    }
    if (!filter.platform.isEmpty()) {
      conditions.add("image.platform = :platform");
      values.put("platform", filter.platform);
    }
    filter.standing.ifPresent(standing -> conditions.add(standing.sql));
    if (!filter.tag.isEmpty()) {
      String[] parts = filter.tag.split("=", 2);
      conditions.add(
          "EXISTS (SELECT 1 FROM tag WHERE tag.resource_arn = :arns || image.name"
              + " AND tag.tag_key = :tagKey"
              + (parts.length == 2 ? " AND tag.tag_value = :tagValue)" : ")"));
      values.put("arns", Arn.ofImage(viewer, "").toString());
      values.put("tagKey", parts[0].strip());
      if (parts.length == 2) {
        values.put("tagValue", parts[1].strip());
      }
    }
  }

  private Stream<String> sources() {
    String own = "image.account_id = :account";
    String open = "image.account_id = ''";
    String shared =
        "image.id IN (SELECT image_id FROM image_share"
            + " WHERE image_share.account_id = :account AND image_share.region = :region)";
    return filter
        .type
        .map(type ->
            switch (type) {
              case PRIVATE -> Stream.of(own);
              case PUBLIC -> Stream.of(open);
              case SHARED -> Stream.of(shared);
            })
        .orElseGet(() -> Stream.of(own, open, shared));
  }

  private boolean descends() {
    return order.descending != place instanceof Place.Before;
  }

  private Optional<Key> key() {
    return switch (place) {
      case Place.First _ -> Optional.empty();
      case Place.After after -> Optional.of(after.key);
      case Place.Before before -> Optional.of(before.key);
    };
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      // A key that somebody has made up begins at the beginning.
      return 0;
    }
  }
}
