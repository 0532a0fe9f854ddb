package dev.regild.policy.line;

import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.OwnedRows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The lines of the registry. Each call takes the caller's handle. */
public final class Lines {
  private static final String SELECT = "SELECT id, account_id, region, name FROM line";
  private static final OwnedRows<Line> ROWS =
      new OwnedRows<>(
          SELECT,
          (row, _) -> read(row),
          "The line %s of %s does not exist. A line begins with an image: regild line add %1$s IMAGE");

  private Lines() {}

  /** An image of a line, as lists show it. */
  public record Member(String id, String name, ImageState state, Instant created) {}

  /** Returns the owner's line of that name. */
  public static Optional<Line> find(Handle handle, Owner owner, String name) {
    return ROWS.find(handle, owner, name);
  }

  /**
   * Returns the owner's line of that name.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static Line require(Handle handle, Owner owner, String name) {
    return ROWS.require(handle, owner, name);
  }

  /** Returns all lines of an owner, by name. */
  public static List<Line> list(Handle handle, Owner owner) {
    return ROWS.list(handle, owner);
  }

  /**
   * A line, as lists show it.
   *
   * @param images how many it has
   * @param newest the name of the newest one; empty if it has none
   */
  public record Summary(Line line, int images, Optional<String> newest) {}

  /**
   * Returns lines of an owner, by name.
   *
   * @param after the name of the last line that is left out; empty to begin with the first one
   * @param most how many at most
   */
  public static List<Summary> page(Handle handle, Owner owner, String after, int most) {
    return handle
        .createQuery(
            """
            SELECT id, account_id, region, name,
                   (SELECT COUNT(*)
                      FROM line_image JOIN image ON image.id = line_image.image_id
                     WHERE line_image.line_id = line.id AND image.account_id = line.account_id)
                     AS images,
                   (SELECT image.name
                      FROM line_image JOIN image ON image.id = line_image.image_id
                     WHERE line_image.line_id = line.id AND image.account_id = line.account_id
                     ORDER BY image.created DESC, image.id DESC LIMIT 1) AS newest
              FROM line
             WHERE account_id = :account AND region = :region AND name > :after
             ORDER BY name LIMIT :most
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("after", after)
        .bind("most", most)
        .map((row, _) ->
            new Summary(
                read(row), row.getInt("images"), Optional.ofNullable(row.getString("newest"))))
        .list();
  }

  /** Returns the line that an image belongs to. */
  public static Optional<Line> of(Handle handle, Image image) {
    return handle
        .createQuery(
            SELECT + " WHERE id = (SELECT line_id FROM line_image WHERE image_id = :image)")
        .bind("image", image.id())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Returns the images of a line, newest first. */
  public static List<Member> members(Handle handle, Line line) {
    return handle
        .createQuery(
            """
            SELECT image.id, image.name, image.state, image.created
              FROM line_image JOIN image ON image.id = line_image.image_id
             WHERE line_image.line_id = :line AND image.account_id = :account
             ORDER BY image.created DESC, image.id DESC
            """)
        .bind("line", line.id())
        .bind("account", line.owner().accountId())
        .map((row, _) ->
            new Member(
                row.getString("id"),
                row.getString("name"),
                ImageState.valueOf(row.getString("state")),
                Instant.ofEpochMilli(row.getLong("created"))))
        .list();
  }

  /**
   * Adds an image to a line, with the images that it is an update of and those that are updates of
   * it, unless they are in a line. Makes the line if it does not exist.
   *
   * @throws RefusedException IN_USE if the image is in another line
   */
  public static Line add(Handle handle, Owner owner, String name, Image image, Instant now) {
    Optional<Line> present = of(handle, image);
    if (present.isPresent() && !present.get().name().equals(name)) {
      throw new RefusedException(
          IN_USE,
          "The image %s is in the line %s. Use that line, or take it out: regild line remove %2$s %1$s"
              .formatted(image.name(), present.get().name()));
    }
    Line line = find(handle, owner, name).orElseGet(() -> insert(handle, owner, name, now));
    if (present.isEmpty()) {
      succession(handle, image).forEach(id -> join(handle, line, id));
    }
    return line;
  }

  private static Line insert(Handle handle, Owner owner, String name, Instant now) {
    Line line = new Line(UUID.randomUUID().toString(), owner, AliasName.requireLine(name));
    handle
        .createUpdate(
            """
            INSERT INTO line (id, account_id, region, name, created)
            VALUES (:id, :account, :region, :name, :created)
            """)
        .bind("id", line.id())
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", name)
        .bind("created", now.toEpochMilli())
        .execute();
    return line;
  }

  private static void join(Handle handle, Line line, String imageId) {
    handle
        .createUpdate("INSERT INTO line_image (image_id, line_id) VALUES (:image, :line)")
        .bind("image", imageId)
        .bind("line", line.id())
        .execute();
  }

  /** Its predecessors and their updates, as far as none of them is in a line. */
  private static Set<String> succession(Handle handle, Image image) {
    Set<String> found = new HashSet<>(Set.of(image.id()));
    Deque<Image> next = new ArrayDeque<>(List.of(image));
    while (!next.isEmpty()) {
      Image each = next.pop();
      each.origin()
          .predecessor()
          .flatMap(before -> Images.findById(handle, before.id()))
          .filter(before -> mayJoin(handle, image.owner(), before))
          .filter(before -> found.add(before.id()))
          .ifPresent(next::push);
      Images.children(handle, each).stream()
          .filter(after -> mayJoin(handle, image.owner(), after))
          .filter(after -> found.add(after.id()))
          .forEach(next::push);
    }
    return found;
  }

  private static boolean mayJoin(Handle handle, Owner owner, Image image) {
    return image.owner().equals(owner) && of(handle, image).isEmpty();
  }

  /**
   * Takes an image out of a line.
   *
   * @throws RefusedException NOT_FOUND if it is not in it; IN_USE if an alias of the line names it
   */
  public static void remove(Handle handle, Line line, Image image) {
    Optional<String> alias =
        handle
            .createQuery("SELECT name FROM alias WHERE line_id = :line AND image_id = :image")
            .bind("line", line.id())
            .bind("image", image.id())
            .mapTo(String.class)
            .findFirst();
    if (alias.isPresent()) {
      throw new RefusedException(
          IN_USE,
          "The alias %s/%s names the image %s. Move it to another image or remove it first."
              .formatted(line.name(), alias.get(), image.name()));
    }
    int removed =
        handle
            .createUpdate("DELETE FROM line_image WHERE image_id = :image AND line_id = :line")
            .bind("image", image.id())
            .bind("line", line.id())
            .execute();
    if (removed == 0) {
      throw new RefusedException(
          NOT_FOUND, "The image %s is not in the line %s.".formatted(image.name(), line.name()));
    }
    // It was the line's policy that deprecated it: another one begins with a time of its own.
    handle
        .createUpdate("DELETE FROM deprecated_image WHERE image_id = :image")
        .bind("image", image.id())
        .execute();
  }

  private static Line read(ResultSet row) throws SQLException {
    return new Line(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"));
  }
}
