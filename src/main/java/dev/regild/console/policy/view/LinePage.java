package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.console.view.ImagesPage;
import dev.regild.policy.line.Alias;
import java.time.Instant;
import java.util.List;

/**
 * A line.
 *
 * @param members the newest images
 * @param count of all its images
 * @param row the policies of the line
 * @param adding the form that adds an image
 * @param moving the form that sets an alias
 */
public record LinePage(
    LinesPage.Row row,
    List<Member> members,
    int count,
    List<Alias> aliases,
    Fields adding,
    Fields moving,
    Commands commands,
    Instant now) {

  /** An image of the line. */
  public record Member(
      String name, ImagesPage.State state, Instant created, List<String> aliases) {}

  public String path(String below) {
    return Paths.line(row.name(), below);
  }
}
