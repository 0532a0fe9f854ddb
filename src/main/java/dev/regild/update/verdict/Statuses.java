package dev.regild.update.verdict;

import dev.regild.image.Owner;
import dev.regild.image.VerdictSource;
import dev.regild.update.verdict.StatusQuery.Place;
import dev.regild.update.verdict.StatusQuery.Standing;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Lists how an owner's images stand, sorted and filtered by the database. */
public final class Statuses {
  private static final String OF_OWNER =
      """
       WHERE image.account_id = :account AND image.region = :region
         AND image.inventory_digest IS NOT NULL
      """;

  private Statuses() {}

  /**
   * An image with its place in the order that was asked for.
   *
   * @param key of the image
   */
  public record Placed(Place key, ImageStatus status) {}

  /**
   * How many images stand how.
   *
   * @param exploited with an open CVE that is known to be exploited
   */
  public record Summary(
      int images, int current, int outdated, int unknown, int notJudged, int exploited) {}

  /** Returns a page of images. */
  public static List<Placed> list(Handle handle, StatusQuery query) {
    String by = query.sort().expression;
    StringBuilder conditions = new StringBuilder();
    query.standing().ifPresent(each -> conditions.append(" AND ").append(each.condition));
    if (query.platform().isPresent()) {
      conditions.append(" AND image.platform = :platform");
    }
    if (query.exploited()) {
      conditions.append(" AND verdict.exploited_cves > 0");
    }
    // Names are unique, and the database has them sorted.
    boolean byName = query.sort() == StatusQuery.Sort.NAME;
    String beyond = query.descending() ? "<" : ">";
    if (query.after().isPresent()) {
      conditions.append(
          byName
              ? " AND image.name %s :name".formatted(beyond)
              : " AND (%1$s %2$s :value OR (%1$s = :value AND image.name > :name))"
                  .formatted(by, beyond));
    }
    String direction = query.descending() ? "DESC" : "ASC";
    // Written with bound values only: what comes from a request never gets into the text.
    String sql =
        "SELECT image.name AS image_name, image.platform AS image_platform,"
            + " image.created AS image_created, %s AS place, %s"
                .formatted(by, VerdictSource.COLUMNS)
            + rows(handle)
            + conditions
            + " ORDER BY %s LIMIT :limit"
                .formatted(
                    byName ? "image_name " + direction : "place " + direction + ", image_name");
    Query statement = handle.createQuery(sql);
    bind(statement, query.owner());
    query.platform().ifPresent(platform -> statement.bind("platform", platform));
    query.after().ifPresent(key -> statement.bind("name", key.name()));
    query.after().filter(_ -> !byName).ifPresent(key -> statement.bind("value", key.value()));
    return statement.bind("limit", query.limit()).map((row, _) -> placed(row)).list();
  }

  private static String rows(Handle handle) {
    return " FROM image" + VerdictSource.join(handle) + OF_OWNER;
  }

  private static void bind(Query statement, Owner owner) {
    statement.bind("account", owner.accountId()).bind("region", owner.region());
  }

  private static Placed placed(ResultSet row) throws SQLException {
    String name = row.getString("image_name");
    Optional<Verdict> verdict =
        row.getString("state") == null ? Optional.empty() : Optional.of(Verdicts.read(row));
    return new Placed(
        new Place(row.getLong("place"), name),
        new ImageStatus(
            name,
            Optional.ofNullable(row.getString("image_platform")).orElse(""),
            Instant.ofEpochMilli(row.getLong("image_created")),
            verdict));
  }

  /** Counts all of an owner's images that have a disk. */
  public static Summary summary(Handle handle, Owner owner) {
    String sql =
        "SELECT COUNT(*) AS images, %s, %s, %s, %s, %s"
                .formatted(
                    count(Standing.CURRENT.condition, "current_images"),
                    count(Standing.OUTDATED.condition, "outdated"),
                    count(Standing.UNKNOWN.condition, "unknown_images"),
                    count(Standing.NOT_JUDGED.condition, "not_judged"),
                    count("verdict.exploited_cves > 0", "exploited"))
            + rows(handle);
    Query statement = handle.createQuery(sql);
    bind(statement, owner);
    return statement
        .map((row, _) ->
            new Summary(
                row.getInt("images"),
                row.getInt("current_images"),
                row.getInt("outdated"),
                row.getInt("unknown_images"),
                row.getInt("not_judged"),
                row.getInt("exploited")))
        .one();
  }

  /** Counts an owner's images of whose updates not all changelogs are known. */
  public static int withUnreadChangelogs(Handle handle, Owner owner) {
    Query statement =
        handle.createQuery("SELECT COUNT(*)" + rows(handle) + " AND verdict.fixable_unknown > 0");
    bind(statement, owner);
    return statement.mapTo(Integer.class).one();
  }

  private static String count(String condition, String name) {
    return "SUM(CASE WHEN %s THEN 1 ELSE 0 END) AS %s".formatted(condition, name);
  }
}
