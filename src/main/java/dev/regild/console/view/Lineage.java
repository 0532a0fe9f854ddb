package dev.regild.console.view;

import java.util.List;
import java.util.Locale;

/**
 * An image's lineage as a drawing: the image at the top, what it was made from below, each with the
 * size of its own layer.
 *
 * @param left whether older images are not drawn
 */
public record Lineage(List<Node> nodes, boolean left) {
  private static final int ROW = 44;
  private static final int BAR_LEFT = 360;
  private static final int BAR_LONGEST = 200;

  /**
   * An image.
   *
   * @param href empty for one that is gone
   * @param bytes the size of its own layer; 0 if that is not known
   */
  public record Node(String name, String href, String note, long bytes) {}

  public int height() {
    return nodes.size() * ROW;
  }

  public int middle(int row) {
    return row * ROW + ROW / 2;
  }

  /** Its own layer's share of the longest bar. */
  public int bar(int row) {
    long most = nodes.stream().mapToLong(Node::bytes).max().orElse(0);
    return most == 0
        ? 0
        : (int) Math.max(2, Math.round((double) nodes.get(row).bytes() / most * BAR_LONGEST));
  }

  public int barLeft() {
    return BAR_LEFT;
  }

  /** The drawing in words. */
  public String inWords() {
    return String.join(
        ", made from ",
        nodes.stream()
            .map(node ->
                node.bytes() == 0
                    ? node.name()
                    : String.format(Locale.ROOT, "%s (%s)", node.name(), Words.size(node.bytes())))
            .toList());
  }

  /** A name as long as there is room for it. */
  public static String shortened(String name) {
    return name.length() <= 38 ? name : name.substring(0, 37) + "…";
  }
}
