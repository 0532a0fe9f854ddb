package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The rings of channels.
 *
 * @param channel whose rings are shown; empty for all
 * @param first whether the list begins with these rows
 * @param next where the list goes on; empty if it ends here
 * @param channels that a ring can be added to
 * @param operator whether whoever looks may move them
 */
public record RingsPage(
    String channel,
    List<Row> rows,
    boolean first,
    String next,
    List<String> channels,
    boolean operator,
    Fields form,
    Commands commands,
    Instant now) {

  /**
   * A ring.
   *
   * @param source empty if it follows the repositories
   * @param snapshot its digest; empty if it has none yet
   * @param gates in words; empty for none
   * @param lines how many lines of the account follow it
   */
  public record Row(
      String channel,
      String name,
      String source,
      String snapshot,
      Optional<Instant> since,
      String gates,
      int lines) {
    public String path(String below) {
      return Paths.ring(channel, name, below);
    }
  }
}
