package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.policy.line.AliasMove;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An alias.
 *
 * @param image that it names; empty if it was removed
 * @param back the image to which a rollback goes; empty if there is none
 * @param moves the newest of them
 * @param count of all its moves
 * @param preview what a move would do; empty before one was asked for
 */
public record AliasPage(
    String line,
    String name,
    String image,
    String back,
    List<AliasMove> moves,
    int count,
    List<String> choices,
    Fields form,
    Optional<Preview> preview,
    Commands commands,
    Instant now) {

  /**
   * A move that could be made.
   *
   * @param image that the alias would name
   * @param lines what is to be known of it
   */
  public record Preview(String image, List<String> lines) {}

  public String full() {
    return line + "/" + name;
  }

  public String path(String below) {
    return Paths.alias(line, name, below);
  }
}
