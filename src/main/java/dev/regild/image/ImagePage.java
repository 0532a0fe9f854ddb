package dev.regild.image;

import dev.regild.image.ImageQuery.PageKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatements;

/** The statement that lists the images which a viewer sees. */
final class ImagePage {
  private static final String OWN = "(account_id = :account AND visibility = 'PRIVATE')";
  private static final String PUBLIC = "visibility = 'PUBLIC'";
  private static final String SHARED =
      """
      id IN (SELECT image_id FROM image_share WHERE image_share.account_id = :account)
      """;

  private final List<String> conditions = new ArrayList<>();
  private final Map<String, List<String>> lists = new HashMap<>();

  private ImagePage() {}

  static List<Image> read(Handle handle, ImageQuery query) {
    List<Arn> arns =
        query.arns().stream()
            .map(Arn::parse)
            .flatMap(Optional::stream)
            .filter(arn -> arn.kind() == Arn.Kind.IMAGE)
            .toList();
    if (!query.arns().isEmpty() && arns.isEmpty()) {
      return List.of();
    }
    var page = new ImagePage();
    page.add("region = :region");
    page.add(visibleTo(query.type()));
    page.addNames(query.names());
    page.addArns(arns);
    query.after().ifPresent(_ -> page.add("(name, id) > (:afterName, :afterId)"));
    return page.run(handle, query);
  }

  private static String visibleTo(Optional<Visibility> type) {
    if (type.isEmpty()) {
      return "(" + OWN + " OR " + PUBLIC + " OR " + SHARED + ")";
    }
    return switch (type.get()) {
      case PRIVATE -> OWN;
      case PUBLIC -> PUBLIC;
      case SHARED -> SHARED;
    };
  }

  private void addNames(List<String> names) {
    if (!names.isEmpty()) {
      add("name IN (<names>)");
      lists.put("names", names);
    }
  }

  private void addArns(List<Arn> arns) {
    if (arns.isEmpty()) {
      return;
    }
    List<String> alternatives = new ArrayList<>();
    for (Arn arn : arns) {
      int number = alternatives.size();
      alternatives.add(
          "(account_id IN (<arnAccount%1$d>) AND region IN (<arnRegion%1$d>) AND name IN (<arnName%1$d>))"
              .formatted(number));
      lists.put("arnAccount" + number, List.of(arn.owner().accountId()));
      lists.put("arnRegion" + number, List.of(arn.owner().region()));
      lists.put("arnName" + number, List.of(arn.name()));
    }
    add("(" + String.join(" OR ", alternatives) + ")");
  }

  private void add(String condition) {
    conditions.add(condition);
  }

  private List<Image> run(Handle handle, ImageQuery query) {
    // Written with bound values only: what comes from a request never gets into the text.
    var statement =
        handle.createQuery(
            ImageRow.SELECT
                + " WHERE "
                + String.join(" AND ", conditions)
                + " ORDER BY name, id LIMIT :limit");
    // The viewer's account is not part of each combination.
    statement.getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
    lists.forEach(statement::bindList);
    statement
        .bind("account", query.viewer().accountId())
        .bind("region", query.viewer().region())
        .bind("limit", query.limit());
    query.after().map(PageKey::name).ifPresent(name -> statement.bind("afterName", name));
    query.after().map(PageKey::id).ifPresent(id -> statement.bind("afterId", id));
    return statement.map((row, _) -> ImageRow.read(row)).list();
  }
}
