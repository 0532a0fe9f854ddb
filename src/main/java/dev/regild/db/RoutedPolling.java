package dev.regild.db;

import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import java.util.Locale;

/**
 * Has the job scheduler see only the jobs that its node may take: none while the node drains or
 * after another process has taken over its name, and otherwise those that it can do. It costs no
 * query beyond the one that looks for jobs.
 */
final class RoutedPolling extends PostgreSqlJdbcCustomization {
  private final JobNode node;

  RoutedPolling(JobNode node) {
    super(false, false);
    this.node = node;
  }

  @Override
  public String createSelectDueQuery(
      String tableName, int limit, String andCondition, boolean orderByPriority) {
    return super.createSelectDueQuery(tableName, limit, routed() + andCondition, orderByPriority);
  }

  /** The scheduler binds the parameters by their places, so these are written out. */
  private String routed() {
    return String.format(
        Locale.ROOT,
        """
         AND (needs & %d) = 0 AND needs_bytes <= %d
         AND EXISTS (
           SELECT 1 FROM node
            WHERE node.name = %s AND node.instance = %s AND NOT node.draining)\s
        """,
        ~node.abilities(),
        Math.max(0, node.freeBytes()),
        literal(node.name()),
        literal(node.instance()));
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
