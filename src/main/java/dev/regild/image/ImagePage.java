package dev.regild.image;

import dev.regild.image.ImageQuery.PageKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * The statement that lists the images which a viewer sees. Each kind of them is read from its own
 * index, from the key on and no more than a page of it, so that every page costs the same.
 */
final class ImagePage {
  /** Where images that a viewer sees are found by key. */
  private enum Source {
    OWN("image WHERE account_id = :account", "image.", "id"),
    OPEN("image WHERE account_id = ''", "image.", "id"),
    SHARED(
        "image_share JOIN image ON image.id = image_share.image_id"
            + " WHERE image_share.account_id = :account",
        "image_share.",
        "image_id");

    private final String rows;
    private final String region;
    private final String name;
    private final String id;

    Source(String rows, String table, String id) {
      this.rows = rows;
      this.region = table + "region";
      this.name = table + "name";
      this.id = table + id;
    }

    private static Stream<Source> of(Optional<Visibility> type) {
      return type.map(only ->
              switch (only) {
                case PRIVATE -> OWN;
                case PUBLIC -> OPEN;
                case SHARED -> SHARED;
              })
          .map(Stream::of)
          .orElseGet(() -> Stream.of(values()));
    }

    /**
     * The ids of one page.
     *
     * @param conditions {@code %1$s} stands for the column of names, {@code %2$s} for that of ids
     */
    private String select(String conditions) {
      return """
      SELECT id FROM (SELECT %2$s AS id FROM %3$s AND %4$s = :region %5$s
                       ORDER BY %1$s, %2$s LIMIT :limit) AS found
      """
          .formatted(name, id, rows, region, conditions.formatted(name, id));
    }
  }

  private final ImageQuery query;
  private final StringBuilder conditions = new StringBuilder();
  private final Map<String, List<String>> lists = new HashMap<>();

  private ImagePage(ImageQuery query, List<String> names, List<Arn> arns) {
    this.query = query;
    addNames(names);
    addArns(arns);
    query.after().ifPresent(_ -> add("(%1$s, %2$s) > (:afterName, :afterId)"));
  }

  static List<Image> read(Handle handle, ImageQuery query) {
    List<Arn> arns =
        query.arns().stream()
            .map(Arn::parse)
            .flatMap(Optional::stream)
            .filter(arn -> arn.kind() == Arn.Kind.IMAGE)
            .filter(arn -> arn.owner().region().equals(query.viewer().region()))
            .toList();
    if (!query.arns().isEmpty() && arns.isEmpty()) {
      return List.of();
    }
    List<String> names =
        query.names().stream()
            .map(name -> ofImage(handle, query.viewer(), name))
            .flatMap(Optional::stream)
            .toList();
    if (!query.names().isEmpty() && names.isEmpty()) {
      return List.of();
    }
    return new ImagePage(query, names, arns)
        .statement(handle, "")
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  private static Optional<String> ofImage(Handle handle, Owner viewer, String name) {
    return AliasNames.isAlias(name)
        ? AliasNames.imageName(handle, viewer, name)
        : Optional.of(name);
  }

  /** The steps in which the database answers a query without ARNs. */
  static List<String> steps(Handle handle, ImageQuery query) {
    return new ImagePage(query, query.names(), List.of())
        .statement(handle, "EXPLAIN QUERY PLAN ")
        .map((row, _) -> row.getString("detail"))
        .list();
  }

  private void addNames(List<String> names) {
    if (!names.isEmpty()) {
      add("%1$s IN (<names>)");
      lists.put("names", names);
    }
  }

  /** By name, which has an index, and of these those of the ARNs' accounts. */
  private void addArns(List<Arn> arns) {
    if (!arns.isEmpty()) {
      add("%1$s IN (<arnNames>)");
      lists.put("arnNames", arns.stream().map(Arn::name).toList());
      add("image.account_id || '/' || %1$s IN (<arns>)");
      lists.put(
          "arns", arns.stream().map(arn -> arn.owner().accountId() + "/" + arn.name()).toList());
    }
  }

  private void add(String condition) {
    conditions.append(" AND ").append(condition);
  }

  private Query statement(Handle handle, String prefix) {
    String ids =
        Source.of(query.type())
            .map(source -> source.select(conditions.toString()))
            .collect(Collectors.joining(" UNION ALL "));
    // Written with bound values only: what comes from a request never gets into the text.
    Query statement =
        handle.createQuery(
            prefix + ImageRow.SELECT + " WHERE id IN (" + ids + ") ORDER BY name, id LIMIT :limit");
    // The viewer's account is not part of each combination.
    statement.getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
    lists.forEach(statement::bindList);
    statement
        .bind("account", query.viewer().accountId())
        .bind("region", query.viewer().region())
        .bind("limit", query.limit());
    query.after().map(PageKey::name).ifPresent(name -> statement.bind("afterName", name));
    query.after().map(PageKey::id).ifPresent(id -> statement.bind("afterId", id));
    return statement;
  }
}
