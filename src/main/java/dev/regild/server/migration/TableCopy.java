package dev.regild.server.migration;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** Copies the rows of all tables from SQLite to PostgreSQL, parents before children. */
final class TableCopy {
  /**
   * What says where files are, or belongs to one database. The migration writes it itself, but for
   * what the judging makes again out of the inventories.
   */
  private static final Set<String> OWN =
      Set.of(
          "flyway_schema_history",
          "migration",
          "migrated_object",
          "registry",
          "master_key_proof",
          "stored_object",
          "disk",
          "upload",
          "upload_part",
          "channel",
          "channel_secret",
          "channel_revision",
          "catalogue_file",
          "snapshot",
          "snapshot_file",
          "package_file",
          "store_garbage",
          "store_task",
          "node",
          "turn",
          "schema_floor",
          "known_package",
          "inventory_form");

  /** Tables of which one at least has rows as soon as a registry is in use. */
  private static final List<String> TELLING =
      List.of("account", "access_key", "image", "layer", "disk", "upload");

  private static final int BATCH = 500;

  private final Handle from;
  private final Handle to;

  TableCopy(Handle from, Handle to) {
    this.from = from;
    this.to = to;
  }

  /** Returns a table that has rows because a registry is in use; empty if none is. */
  static Optional<String> used(Handle to) {
    return TELLING.stream().filter(table -> count(to, table) > 0).findFirst();
  }

  /**
   * Copies all rows, and counts them on both sides.
   *
   * @return the number of rows by table
   * @throws MigrationException if a table has other rows than its source
   */
  Map<String, Long> run() throws MigrationException {
    Map<String, Long> copied = new TreeMap<>();
    List<String> order = inOrder();
    // A new database has a few rows, which the source has as well.
    order.reversed().forEach(table -> to.execute("DELETE FROM " + table));
    for (String table : order) {
      copy(table);
      long there = count(from, table);
      long here = count(to, table);
      if (there != here) {
        throw new MigrationException(
            "The table %s has %d rows instead of %d. Nothing was kept; please report this."
                .formatted(table, here, there));
      }
      copied.put(table, here);
    }
    return copied;
  }

  private static List<String> tables(Handle to) {
    return to
        .createQuery(
            """
            SELECT table_name FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
             ORDER BY table_name
            """)
        .mapTo(String.class)
        .list()
        .stream()
        .filter(table -> !OWN.contains(table))
        .toList();
  }

  private static long count(Handle handle, String table) {
    return handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one();
  }

  /** Tables after those that they refer to. */
  private List<String> inOrder() {
    Map<String, Set<String>> parents = new LinkedHashMap<>();
    tables(to).forEach(table -> parents.put(table, new HashSet<>()));
    references()
        .forEach(each -> {
          if (parents.containsKey(each.table()) && !each.table().equals(each.parent())) {
            parents.get(each.table()).add(each.parent());
          }
        });
    List<String> order = new ArrayList<>();
    while (order.size() < parents.size()) {
      List<String> next =
          parents.entrySet().stream()
              .filter(each -> !order.contains(each.getKey()) && order.containsAll(each.getValue()))
              .map(Map.Entry::getKey)
              .toList();
      if (next.isEmpty()) {
        throw new IllegalStateException("tables refer to each other in a circle: " + parents);
      }
      order.addAll(next);
    }
    return order;
  }

  /** A column that refers to another table, or to its own. */
  private record Reference(String table, String column, String parent) {}

  private List<Reference> references() {
    return to.createQuery(
            """
            SELECT c.conrelid::regclass::text AS child, a.attname AS col,
                   c.confrelid::regclass::text AS parent
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
            """)
        .map((row, _) ->
            new Reference(row.getString("child"), row.getString("col"), row.getString("parent")))
        .list();
  }

  private void copy(String table) throws MigrationException {
    Map<String, String> types = types(table);
    List<String> columns = List.copyOf(types.keySet());
    List<Map<String, Object>> waiting = new ArrayList<>();
    List<Map<String, Object>> batch = new ArrayList<>();
    List<String> self =
        references().stream()
            .filter(each -> each.table().equals(table) && each.parent().equals(table))
            .map(Reference::column)
            .toList();
    from.createQuery("SELECT %s FROM %s".formatted(String.join(", ", columns), table))
        .setFetchSize(BATCH)
        .mapToMap()
        .forEach(row -> {
          if (self.isEmpty()) {
            batch.add(row);
            if (batch.size() == BATCH) {
              insert(table, types, batch);
              batch.clear();
            }
          } else {
            waiting.add(row);
          }
        });
    insert(table, types, batch);
    if (!self.isEmpty()) {
      insertFromTheBottom(table, types, self.getFirst(), waiting);
    }
  }

  private Map<String, String> types(String table) {
    Map<String, String> types = new LinkedHashMap<>();
    to.createQuery(
            """
            SELECT column_name, data_type FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = :table
             ORDER BY ordinal_position
            """)
        .bind("table", table)
        .map((row, _) -> Map.entry(row.getString("column_name"), row.getString("data_type")))
        .forEach(each -> types.put(each.getKey(), each.getValue()));
    return types;
  }

  /** A layer comes after the one that it stands on. */
  private void insertFromTheBottom(
      String table, Map<String, String> types, String parent, List<Map<String, Object>> rows)
      throws MigrationException {
    Set<Object> there = new HashSet<>();
    List<Map<String, Object>> waiting = new ArrayList<>(rows);
    while (!waiting.isEmpty()) {
      List<Map<String, Object>> next =
          waiting.stream()
              .filter(row -> row.get(parent) == null || there.contains(row.get(parent)))
              .toList();
      if (next.isEmpty()) {
        throw new MigrationException(
            "Rows of the table %s refer to rows that do not exist. Restore the source from a backup."
                .formatted(table));
      }
      insert(table, types, next);
      next.forEach(row -> there.add(row.get("id")));
      waiting.removeAll(next);
    }
  }

  private void insert(String table, Map<String, String> types, List<Map<String, Object>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    List<String> columns = List.copyOf(types.keySet());
    PreparedBatch batch =
        to.prepareBatch(
            "INSERT INTO %s (%s) VALUES (%s)"
                .formatted(
                    table,
                    String.join(", ", columns),
                    String.join(", ", columns.stream().map(column -> ":" + column).toList())));
    for (Map<String, Object> row : rows) {
      Map<String, @Nullable Object> values = new HashMap<>();
      types.forEach((column, type) -> values.put(column, value(type, row.get(column))));
      batch.bindMap(values).add();
    }
    var _ = batch.execute();
  }

  /** SQLite has fewer types: booleans are numbers, and so are times, in milliseconds. */
  private static @Nullable Object value(String type, @Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Number number when type.equals("boolean") -> number.longValue() != 0;
      case Number number when type.startsWith("timestamp") -> new Timestamp(number.longValue());
      case String text when type.startsWith("timestamp") -> Timestamp.valueOf(text);
      default -> value;
    };
  }
}
