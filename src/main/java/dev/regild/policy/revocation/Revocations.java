package dev.regild.policy.revocation;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.db.Portions;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.files.Sha256;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.plan.VersionRange;
import dev.regild.policy.Audit;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.revocation.Revocation.Affected;
import dev.regild.policy.revocation.Revocation.Listed;
import dev.regild.policy.revocation.Revocation.Subject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Revokes images, lists who has them, and undoes that. */
public final class Revocations {
  private static final int LONGEST_REASON = 500;
  private static final int MOST_NAMED = 500;
  private static final Duration BETWEEN_MARKS = Duration.ofSeconds(20);

  private final Database database;
  private final Audit audit;
  private final Clock clock;

  public Revocations(Database database, Audit audit, Clock clock) {
    this.database = database;
    this.audit = audit;
    this.clock = clock;
  }

  /** A revocation with its images. */
  public record Details(Revocation revocation, List<Listed> images) {
    /** Returns what names exactly these images. */
    public String plan() {
      String ids =
          images.stream()
              .map(each -> each.affected().imageId())
              .distinct()
              .sorted()
              .collect(Collectors.joining("\n"));
      return Sha256.of(ids.getBytes(UTF_8)).substring(0, 16);
    }
  }

  /** A revocation with the number of its images. */
  public record Counted(Revocation revocation, int images) {}

  /**
   * The owner's image of that name, as what is revoked.
   *
   * @throws RefusedException if it is not the owner's
   */
  public Subject image(Owner owner, String name) {
    Image image = database.read(handle -> Images.requireOwned(handle, owner, name));
    return new Subject.OfImage(image.id(), image.name());
  }

  /**
   * A package, as what is revoked.
   *
   * @param versions a version or a range; empty for every version
   * @throws InvalidPolicyException if that is none
   */
  public static Subject ofPackage(String name, Optional<String> versions) {
    try {
      Optional<VersionRange> range = versions.map(VersionRange::parse);
      range.ifPresent(Revocations::requireForward);
      return new Subject.OfPackage(name, range);
    } catch (IllegalArgumentException e) {
      throw new InvalidPolicyException(String.valueOf(e.getMessage()));
    }
  }

  private static void requireForward(VersionRange range) {
    boolean backward =
        range.from().isPresent()
            && range.to().isPresent()
            && PackageSystems.installed().all().stream()
                .allMatch(system ->
                    system.family().order().compare(range.from().get(), range.to().get()) > 0);
    if (backward) {
      throw new InvalidPolicyException(
          "The range %s ends before it begins. Write the lower version first.".formatted(range));
    }
  }

  /** Returns the images that a revocation would mark. Changes nothing. */
  public Details preview(Owner owner, Subject subject, boolean descendants, String reason) {
    Revocation revocation = revocation(owner, subject, descendants, reason, "");
    return database.read(handle ->
        new Details(
            revocation, listed(handle, AffectedImages.of(handle, owner, subject, descendants))));
  }

  /**
   * Revokes images: they are marked, and updates from them are refused.
   *
   * @param descendants whether images that were made from these are revoked too
   * @param by the access key
   * @throws InvalidPolicyException if there is no reason, or it is too long
   */
  public Details revoke(
      Owner owner, Subject subject, boolean descendants, String reason, String by) {
    return revoke(owner, subject, descendants, reason, by, Optional.empty());
  }

  /**
   * The same, bound to a preview.
   *
   * @param expected the preview's plan
   * @throws RefusedException CONCURRENT_MODIFICATION if it would mark other images by now
   */
  public Details revoke(
      Owner owner,
      Subject subject,
      boolean descendants,
      String reason,
      String by,
      Optional<String> expected) {
    Revocation revocation = revocation(owner, subject, descendants, reason, by);
    return database.inTransaction(handle -> {
      RevocationRecords.insert(handle, revocation);
      var _ = mark(handle, revocation);
      Details details =
          new Details(
              revocation, listed(handle, RevocationRecords.marked(handle, revocation.id())));
      if (expected.filter(plan -> !plan.equals(details.plan())).isPresent()) {
        throw new RefusedException(
            CONCURRENT_MODIFICATION,
            "The images to be marked have changed since the preview, so nothing was done. Look at the new preview.");
      }
      return details;
    });
  }

  private Revocation revocation(
      Owner owner, Subject subject, boolean descendants, String reason, String by) {
    if (reason.isBlank() || reason.length() > LONGEST_REASON) {
      throw new InvalidPolicyException(
          "A revocation needs a reason of at most %d characters. Write it: --reason TEXT"
              .formatted(LONGEST_REASON));
    }
    return new Revocation(
        UUID.randomUUID().toString(),
        owner,
        subject,
        descendants,
        reason.strip(),
        now(),
        by,
        Optional.empty());
  }

  private List<Affected> mark(Handle handle, Revocation revocation) {
    List<Affected> marked =
        RevocationRecords.mark(
            handle,
            revocation,
            AffectedImages.of(
                handle, revocation.owner(), revocation.subject(), revocation.descendants()));
    Map<String, String> regions = RevocationRecords.regions(handle, marked);
    for (Affected each : marked) {
      append(
          handle,
          revocation,
          EventType.IMAGE_REVOKED,
          regions.getOrDefault(each.imageId(), revocation.owner().region()),
          each.name(),
          Map.of("relation", each.relation().name(), "cause", each.cause()));
    }
    return marked;
  }

  private void append(
      Handle handle,
      Revocation revocation,
      EventType type,
      String region,
      String subject,
      Map<String, Object> besides) {
    Map<String, Object> payload = new HashMap<>(besides);
    payload.put("revocation", revocation.id());
    payload.put("reason", revocation.reason());
    Events.append(
        handle, new Event(type, revocation.owner().accountId(), region, subject, payload), now());
  }

  /** Returns the work of marking new images, not started yet. */
  public RecurringWork work(Turns turns) {
    return new RecurringWork(
        "revocation", RecurringWork.Pauses.of(BETWEEN_MARKS), turns, this::markNew);
  }

  /** Marks images that have come since, such as an import that has the package. */
  public void markNew() {
    for (Revocation revocation : database.read(RevocationRecords::holding)) {
      Set<String> known =
          database.read(handle ->
              new HashSet<>(
                  RevocationRecords.marked(handle, revocation.id()).stream()
                      .map(Affected::imageId)
                      .toList()));
      List<Affected> all =
          database.read(handle ->
              AffectedImages.of(
                  handle, revocation.owner(), revocation.subject(), revocation.descendants()));
      if (all.stream().allMatch(each -> known.contains(each.imageId()))) {
        continue;
      }
      List<Affected> marked =
          database.inTransaction(handle ->
              RevocationRecords.find(handle, revocation.owner(), revocation.id())
                  .filter(found -> found.undone().isEmpty())
                  .map(found -> mark(handle, found))
                  .orElse(List.of()));
      if (!marked.isEmpty()) {
        List<String> resources =
            new ArrayList<>(
                List.of("rule: " + revocation.subject().text(), "plan " + revocation.id()));
        marked.stream().limit(MOST_NAMED).map(Affected::name).forEach(resources::add);
        audit.act(
            revocation.owner(), "revocation/" + revocation.id(), "RevokeImage", resources, "ok");
      }
    }
  }

  /** Returns an owner's revocations, the latest first. */
  public List<Counted> list(Owner owner) {
    return database.read(handle ->
        RevocationRecords.list(handle, owner).stream()
            .map(each -> new Counted(each, count(handle, each)))
            .toList());
  }

  private static int count(Handle handle, Revocation revocation) {
    return handle
        .createQuery("SELECT COUNT(*) FROM revoked_image WHERE revocation_id = :id")
        .bind("id", revocation.id())
        .mapTo(Integer.class)
        .one();
  }

  /**
   * Returns a revocation with its images.
   *
   * @throws RefusedException NOT_FOUND if the owner has none of that id
   */
  public Details show(Owner owner, String id) {
    return database.read(handle ->
        new Details(
            require(handle, owner, id), listed(handle, RevocationRecords.marked(handle, id))));
  }

  private static Revocation require(Handle handle, Owner owner, String id) {
    return RevocationRecords.find(handle, owner, id)
        .orElseThrow(() ->
            new RefusedException(
                NOT_FOUND,
                "There is no revocation %s of %s. List them: regild revocation list"
                    .formatted(id, owner)));
  }

  /**
   * Undoes a revocation: its images can be updated again, unless another one marks them.
   *
   * @throws RefusedException NOT_FOUND if the owner has none of that id, or it was undone before
   */
  public Revocation undo(Owner owner, String id, String by) {
    return database.inTransaction(handle -> {
      Revocation revocation = require(handle, owner, id);
      if (!RevocationRecords.undo(handle, revocation, now(), by)) {
        throw new RefusedException(
            NOT_FOUND,
            "The revocation %s is undone already. List all: regild revocation list".formatted(id));
      }
      append(
          handle,
          revocation,
          EventType.REVOCATION_UNDONE,
          owner.region(),
          revocation.subject().text(),
          Map.of("by", by));
      return require(handle, owner, id);
    });
  }

  private static List<Listed> listed(Handle handle, List<Affected> affected) {
    List<Listed> listed = new ArrayList<>();
    Portions.of(affected)
        .forEach(some -> {
          List<String> ids = some.stream().map(Affected::imageId).toList();
          Map<String, List<ExportTask>> exports = ExportTasks.completedOf(handle, ids);
          Map<String, List<String>> shares = shares(handle, ids);
          Set<String> existing = existing(handle, ids);
          some.forEach(each ->
              listed.add(
                  new Listed(
                      each,
                      existing.contains(each.imageId()),
                      shares.getOrDefault(each.imageId(), List.of()),
                      exports.getOrDefault(each.imageId(), List.of()))));
        });
    return listed;
  }

  private static Map<String, List<String>> shares(Handle handle, List<String> ids) {
    Map<String, List<String>> shares = new HashMap<>();
    handle
        .createQuery(
            "SELECT image_id, account_id FROM image_share WHERE image_id IN (<ids>) ORDER BY 1, 2")
        .bindList("ids", ids)
        .map((row, _) -> Map.entry(row.getString("image_id"), row.getString("account_id")))
        .forEach(each ->
            shares.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue()));
    return shares;
  }

  private static Set<String> existing(Handle handle, List<String> ids) {
    return new HashSet<>(
        handle
            .createQuery(
                """
                SELECT id FROM image WHERE id IN (<ids>)
                   AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
                """)
            .bindList("ids", ids)
            .mapTo(String.class)
            .list());
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }
}
