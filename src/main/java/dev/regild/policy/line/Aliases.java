package dev.regild.policy.line;

import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.line.AliasMove.Act;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Moves aliases, and remembers every move. Each call takes the caller's handle. */
public final class Aliases {
  private Aliases() {}

  /** Returns the owner's aliases, by line and name. */
  public static List<Alias> list(Handle handle, Owner owner) {
    return handle
        .createQuery(
            """
            SELECT line.name AS line, alias.name AS name, image.name AS image, alias.moved AS moved
              FROM line JOIN alias ON alias.line_id = line.id JOIN image ON image.id = alias.image_id
             WHERE line.account_id = :account AND line.region = :region
             ORDER BY line.name, alias.name
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) ->
            new Alias(
                new AliasName(row.getString("line"), row.getString("name")),
                row.getString("image"),
                Instant.ofEpochMilli(row.getLong("moved"))))
        .list();
  }

  /**
   * Has an alias name an image. The alias and its line are made if they do not exist, and the image
   * joins the line. Nothing happens if the alias names that image already.
   *
   * @param by the access key or the policy that moves it
   * @throws RefusedException NOT_FOUND if the owner has no such image; NOT_AVAILABLE if it is not
   *     AVAILABLE; IN_USE if it is in another line
   */
  public static Alias set(
      Handle handle, Owner owner, AliasName name, String imageName, String by, Instant now) {
    Image image = requireAvailable(Images.requireOwned(handle, owner, imageName));
    Line line = Lines.add(handle, owner, name.line(), image, now);
    return move(handle, line, name, image, Act.SET, by, now);
  }

  /**
   * Moves an alias back to the image that it named before, further back with each call.
   *
   * @throws RefusedException NOT_FOUND if there is no such alias, or it named nothing before;
   *     NOT_AVAILABLE if that image is gone
   */
  public static Alias rollback(Handle handle, Owner owner, AliasName name, String by, Instant now) {
    Line line = requireLine(handle, owner, name);
    AliasMove before =
        before(history(handle, owner, name))
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND,
                    "The alias %s named no other image before. Set it: regild alias set %1$s IMAGE"
                        .formatted(name)));
    Image image =
        before
            .imageId()
            .flatMap(id -> Images.findById(handle, id))
            .filter(found -> found.owner().equals(owner))
            .filter(found -> found.state() == ImageState.AVAILABLE)
            .orElseThrow(() ->
                new RefusedException(
                    NOT_AVAILABLE,
                    "The image %s, which the alias %s named before, does not exist any more. Set another one: regild alias set %2$s IMAGE"
                        .formatted(before.imageName().orElse(""), name)));
    return move(handle, line, name, image, Act.ROLLBACK, by, now);
  }

  /**
   * Returns the move to which a rollback goes back.
   *
   * @param moves of an alias, the newest first
   * @return empty if the alias named no other image before
   */
  public static Optional<AliasMove> before(List<AliasMove> moves) {
    Deque<AliasMove> named = new ArrayDeque<>();
    for (AliasMove move : moves.reversed()) {
      switch (move.act()) {
        case SET -> named.push(move);
        case ROLLBACK -> named.pop();
        case REMOVE -> named.clear();
      }
    }
    var _ = named.poll();
    return Optional.ofNullable(named.peek());
  }

  /**
   * Removes an alias; its history stays.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static void remove(Handle handle, Owner owner, AliasName name, String by, Instant now) {
    Line line = requireLine(handle, owner, name);
    handle
        .createUpdate("DELETE FROM alias WHERE line_id = :line AND name = :name")
        .bind("line", line.id())
        .bind("name", name.name())
        .execute();
    record(handle, owner, name, Act.REMOVE, Optional.empty(), by, now);
  }

  /**
   * Returns every move of an alias, the newest first; also of one that was removed.
   *
   * @throws RefusedException NOT_FOUND if there never was one
   */
  public static List<AliasMove> history(Handle handle, Owner owner, AliasName name) {
    List<AliasMove> moves =
        handle
            .createQuery(
                """
                SELECT number, act, image_id, image_name, moved, moved_by FROM alias_move
                 WHERE account_id = :account AND region = :region AND line = :line AND name = :name
                 ORDER BY number DESC
                """)
            .bind("account", owner.accountId())
            .bind("region", owner.region())
            .bind("line", name.line())
            .bind("name", name.name())
            .map((row, _) ->
                new AliasMove(
                    row.getInt("number"),
                    Act.valueOf(row.getString("act")),
                    Optional.ofNullable(row.getString("image_id")),
                    Optional.ofNullable(row.getString("image_name")),
                    Instant.ofEpochMilli(row.getLong("moved")),
                    row.getString("moved_by")))
            .list();
    if (moves.isEmpty()) {
      throw missing(owner, name);
    }
    return moves;
  }

  private static Alias move(
      Handle handle, Line line, AliasName name, Image image, Act act, String by, Instant now) {
    Optional<String> present = imageId(handle, line, name);
    if (present.equals(Optional.of(image.id()))) {
      return list(handle, line.owner()).stream()
          .filter(alias -> alias.name().equals(name))
          .findFirst()
          .orElseThrow();
    }
    handle
        .createUpdate(
            """
            INSERT INTO alias (line_id, name, image_id, moved) VALUES (:line, :name, :image, :now)
            ON CONFLICT (line_id, name) DO UPDATE
               SET image_id = excluded.image_id, moved = excluded.moved
            """)
        .bind("line", line.id())
        .bind("name", name.name())
        .bind("image", image.id())
        .bind("now", now.toEpochMilli())
        .execute();
    record(handle, line.owner(), name, act, Optional.of(image), by, now);
    return new Alias(name, image.name(), now);
  }

  private static void record(
      Handle handle,
      Owner owner,
      AliasName name,
      Act act,
      Optional<Image> image,
      String by,
      Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO alias_move (
              account_id, region, line, name, number, act, image_id, image_name, moved, moved_by)
            SELECT :account, :region, :line, :name, COALESCE(MAX(number), 0) + 1, :act,
                   CAST(:image AS TEXT), CAST(:imageName AS TEXT), :now, :by
              FROM alias_move
             WHERE account_id = :account AND region = :region AND line = :line AND name = :name
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("line", name.line())
        .bind("name", name.name())
        .bind("act", act.name())
        .bind("image", image.map(Image::id).orElse(null))
        .bind("imageName", image.map(Image::name).orElse(null))
        .bind("now", now.toEpochMilli())
        .bind("by", by)
        .execute();
    Map<String, Object> payload = new HashMap<>(Map.of("alias", name.toString(), "by", by));
    payload.put("act", act.name().toLowerCase(Locale.ROOT));
    image.ifPresent(it -> payload.put("image", it.name()));
    Events.append(
        handle,
        new Event(
            EventType.ALIAS_MOVED,
            owner.accountId(),
            owner.region(),
            image.map(Image::name).orElse(name.toString()),
            payload),
        now);
  }

  private static Optional<String> imageId(Handle handle, Line line, AliasName name) {
    return handle
        .createQuery("SELECT image_id FROM alias WHERE line_id = :line AND name = :name")
        .bind("line", line.id())
        .bind("name", name.name())
        .mapTo(String.class)
        .findOne();
  }

  private static Line requireLine(Handle handle, Owner owner, AliasName name) {
    return Lines.find(handle, owner, name.line())
        .filter(line -> imageId(handle, line, name).isPresent())
        .orElseThrow(() -> missing(owner, name));
  }

  private static RefusedException missing(Owner owner, AliasName name) {
    return new RefusedException(
        NOT_FOUND,
        "Alias %s of %s does not exist. List the aliases: regild alias list"
            .formatted(name, owner));
  }

  private static Image requireAvailable(Image image) {
    if (image.state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          NOT_AVAILABLE,
          "The image %s is %s; an alias names only an AVAILABLE image."
              .formatted(image.name(), image.state()));
    }
    return image;
  }
}
