package dev.regild.console.policy.view;

import dev.regild.policy.revocation.Revocation;
import dev.regild.policy.revocation.Revocation.Listed;
import java.util.List;

/**
 * The images of a revocation, and who has them.
 *
 * @param rows the first of them
 * @param count of all
 */
public record RevokedImages(List<Row> rows, int count) {
  private static final int MOST = 100;

  /**
   * An image.
   *
   * @param relation why it is marked, in words
   * @param exists false if it was deleted
   * @param shares the accounts that it is shared with
   * @param exports the disks that were exported from it
   */
  public record Row(
      String name,
      String relation,
      String cause,
      boolean exists,
      List<String> shares,
      List<String> exports) {}

  public static RevokedImages of(List<Listed> all) {
    return new RevokedImages(all.stream().limit(MOST).map(RevokedImages::row).toList(), all.size());
  }

  private static Row row(Listed listed) {
    Revocation.Affected affected = listed.affected();
    return new Row(
        affected.name(),
        switch (affected.relation()) {
          case NAMED -> "named";
          case PACKAGE -> "has the package";
          case DESCENDANT -> "updated from";
          case COPY -> "copy of";
        },
        affected.cause(),
        listed.exists(),
        listed.shares(),
        listed.exports().stream().map(each -> each.amiName() + " (" + each.amiId() + ")").toList());
  }
}
