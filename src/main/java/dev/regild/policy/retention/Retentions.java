package dev.regild.policy.retention;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.Bin;
import dev.regild.image.FreedBytes;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.TagRecords;
import dev.regild.image.quota.Quotas;
import dev.regild.policy.Audit;
import dev.regild.policy.line.Hold;
import dev.regild.policy.line.Holds;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPlan.Act;
import dev.regild.policy.retention.RetentionPlan.Kind;
import dev.regild.policy.retention.RetentionPlan.Member;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** The retention of lines: policies, previews, runs, and deletions that are undone. */
public final class Retentions {
  /** Images of one transaction: others can write in between. */
  private static final int AT_ONCE = 200;

  private final Database database;
  private final Quotas quotas;
  private final Audit audit;
  private final Clock clock;

  public Retentions(Database database, Quotas quotas, Audit audit, Clock clock) {
    this.database = database;
    this.quotas = quotas;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * What is due.
   *
   * @param id names all acts together
   * @param plans by line
   * @param bytes that become free when the deletions can't be undone any more
   */
  public record Preview(String id, List<RetentionPlan> plans, long bytes) {
    /** Returns the number of acts of a kind. */
    public long count(Kind kind) {
      return plans.stream()
          .flatMap(plan -> plan.acts().stream())
          .filter(act -> act.kind() == kind)
          .count();
    }
  }

  /**
   * What a run did.
   *
   * @param done the acts that were carried out, by line
   * @param left acts that something kept from being carried out meanwhile, with the reason
   */
  public record Outcome(Preview preview, List<RetentionPlan> done, List<RetentionPlan.Kept> left) {}

  /** Sets the retention of a line. */
  public RetentionPolicy set(Owner owner, String line, RetentionRule rule, boolean enabled) {
    return database.inTransaction(handle -> {
      Line found = Lines.require(handle, owner, line);
      RetentionRecords.put(handle, found, rule, enabled, now());
      return require(handle, owner, line);
    });
  }

  /** Removes the retention of a line. Its images are not deprecated any more. */
  public void remove(Owner owner, String line) {
    database.useTransaction(handle -> {
      if (!RetentionRecords.delete(handle, Lines.require(handle, owner, line))) {
        throw none(line);
      }
    });
  }

  /** Returns an owner's policies, by line. */
  public List<RetentionPolicy> list(Owner owner) {
    return database.read(handle -> RetentionRecords.list(handle, owner));
  }

  private static RetentionPolicy require(Handle handle, Owner owner, String line) {
    return RetentionRecords.find(handle, Lines.require(handle, owner, line))
        .orElseThrow(() -> none(line));
  }

  private static RefusedException none(String line) {
    return new RefusedException(
        NOT_FOUND,
        "The line %s has no retention policy. Set one: regild retention set %1$s --keep 3"
            .formatted(line));
  }

  /**
   * Returns what is due now: exactly what {@link #run} would do.
   *
   * @param line one line; empty for all lines with a policy
   * @throws RefusedException NOT_FOUND if the line does not exist or has no policy
   */
  public Preview preview(Owner owner, Optional<String> line) {
    return database.read(handle -> preview(handle, chosen(handle, owner, line), now()));
  }

  private static List<RetentionPolicy> chosen(Handle handle, Owner owner, Optional<String> line) {
    return line.isPresent()
        ? List.of(require(handle, owner, line.get()))
        : RetentionRecords.list(handle, owner);
  }

  private static Preview preview(Handle handle, List<RetentionPolicy> policies, Instant now) {
    Map<String, List<Member>> members =
        RetentionRecords.members(handle, policies.stream().map(RetentionPolicy::line).toList());
    Map<String, List<Hold>> holds =
        Holds.of(handle, members.values().stream().flatMap(List::stream).map(Member::id).toList());
    List<RetentionPlan> plans =
        policies.stream()
            .map(policy ->
                RetentionPlan.of(
                    policy.line(),
                    policy.rule(),
                    members.getOrDefault(policy.line().id(), List.of()),
                    holds,
                    now))
            .toList();
    List<String> deleted =
        plans.stream().flatMap(plan -> plan.images(Kind.DELETE).stream()).toList();
    long bytes = deleted.isEmpty() ? 0 : FreedBytes.of(handle, deleted);
    return new Preview(RetentionPlan.id(plans), plans, bytes);
  }

  /**
   * Carries out what is due.
   *
   * @param line one line; empty for all lines with a policy
   * @param expected the id of a preview; the run is refused if anything else is due by now
   * @param by the access key
   */
  public Outcome run(Owner owner, Optional<String> line, Optional<String> expected, String by) {
    List<RetentionPolicy> policies = database.read(handle -> chosen(handle, owner, line));
    return run(policies, expected, by);
  }

  /** Carries out all policies that are enabled, of all owners. */
  public void runAll() {
    List<RetentionPolicy> policies = database.read(RetentionRecords::enabled);
    if (!policies.isEmpty()) {
      var _ = run(policies, Optional.empty(), "retention");
    }
  }

  private Outcome run(List<RetentionPolicy> policies, Optional<String> expected, String by) {
    Instant now = now();
    Preview preview = database.read(handle -> preview(handle, policies, now));
    if (expected.filter(id -> !id.equals(preview.id())).isPresent()) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The plan %s is out of date. Look at the new one: regild retention preview"
              .formatted(expected.get()));
    }
    return carryOut(policies, preview, by, now);
  }

  /** Carries out what a preview of these policies has shown. */
  Outcome carryOut(List<RetentionPolicy> policies, Preview preview, String by, Instant now) {
    List<Due> due = new ArrayList<>();
    for (int i = 0; i < policies.size(); i++) {
      RetentionPolicy policy = policies.get(i);
      RetentionPlan plan = preview.plans().get(i);
      plan.acts().forEach(act -> due.add(new Due(policy, plan, act)));
    }
    List<Due> done = new ArrayList<>();
    List<RetentionPlan.Kept> left = new ArrayList<>();
    for (int from = 0; from < due.size(); from += AT_ONCE) {
      List<Due> some = due.subList(from, Math.min(due.size(), from + AT_ONCE));
      Part part = database.inTransaction(handle -> carryOut(handle, some, by, now));
      done.addAll(part.done());
      left.addAll(part.left());
    }
    database.useTransaction(handle ->
        RetentionRecords.ran(handle, policies.stream().map(RetentionPolicy::line).toList(), now));
    return new Outcome(preview, plans(policies, preview, done), left);
  }

  /** An act of a policy's plan. */
  private record Due(RetentionPolicy policy, RetentionPlan plan, Act act) {}

  /** What became of some acts. */
  private record Part(List<Due> done, List<RetentionPlan.Kept> left) {}

  /** Groups what was done by policy, and has each policy's acts audited. */
  private List<RetentionPlan> plans(
      List<RetentionPolicy> policies, Preview preview, List<Due> done) {
    Map<RetentionPolicy, List<Act>> acts = new HashMap<>();
    done.forEach(
        each -> acts.computeIfAbsent(each.policy(), _ -> new ArrayList<>()).add(each.act()));
    acts.forEach((policy, all) -> audit(policy, preview.id(), all));
    List<RetentionPlan> plans = new ArrayList<>();
    for (int i = 0; i < policies.size(); i++) {
      RetentionPolicy policy = policies.get(i);
      plans.add(
          new RetentionPlan(
              policy.line(),
              acts.getOrDefault(policy, List.of()),
              preview.plans().get(i).kept(),
              preview.plans().get(i).newest()));
    }
    return plans;
  }

  /** Looks at each image once more, where nobody can come between. */
  private static Part carryOut(Handle handle, List<Due> due, String by, Instant now) {
    List<String> ids = due.stream().map(each -> each.act().imageId()).toList();
    Set<RetentionPolicy> unchanged =
        RetentionRecords.unchanged(
            handle, due.stream().map(Due::policy).collect(Collectors.toSet()));
    Map<String, List<Hold>> holds = Holds.of(handle, ids);
    Map<String, String> lines = RetentionRecords.linesOf(handle, ids);
    Map<String, Boolean> whole = new HashMap<>();
    due.forEach(each ->
        whole.computeIfAbsent(
            each.plan().line().id(),
            _ -> RetentionRecords.has(handle, each.plan().line(), each.plan().newest())));
    List<Due> done = new ArrayList<>();
    List<RetentionPlan.Kept> left = new ArrayList<>();
    for (Due each : due) {
      Act act = each.act();
      List<Hold> holding = holds.getOrDefault(act.imageId(), List.of());
      if (!unchanged.contains(each.policy())
          || !each.policy().line().id().equals(lines.get(act.imageId()))) {
        left.add(new RetentionPlan.Kept(act.image(), "it, its line or the policy was changed"));
      } else if (act.kind() != Kind.UNDEPRECATE && !holding.isEmpty()) {
        left.add(new RetentionPlan.Kept(act.image(), holding.getFirst().text()));
      } else if (act.kind() != Kind.UNDEPRECATE
          && !whole.getOrDefault(each.plan().line().id(), false)) {
        left.add(new RetentionPlan.Kept(act.image(), "a newer image of the line was just deleted"));
      } else if (act.kind() == Kind.DEPRECATE
          && RetentionRecords.deprecatedSince(handle, act.imageId()).isPresent()) {
        left.add(new RetentionPlan.Kept(act.image(), "another run was faster"));
      } else {
        carryOut(handle, each.policy(), act, by, now);
        done.add(each);
      }
    }
    return new Part(done, left);
  }

  private static void carryOut(
      Handle handle, RetentionPolicy policy, Act act, String by, Instant now) {
    switch (act.kind()) {
      case DEPRECATE -> {
        RetentionRecords.deprecate(handle, act.imageId(), now);
        append(
            handle,
            policy,
            EventType.IMAGE_DEPRECATED,
            act,
            by,
            Map.of("deletedFrom", now.plus(policy.rule().deprecated()).toString()),
            now);
      }
      case UNDEPRECATE -> RetentionRecords.undeprecate(handle, act.imageId());
      case DELETE -> {
        Instant ends = now.plus(policy.rule().undo());
        Image image = Images.requireById(handle, act.imageId());
        Bin.put(handle, image, policy.line().name(), now, ends);
        append(
            handle,
            policy,
            EventType.IMAGE_DELETED,
            act,
            by,
            Map.of("restorableUntil", ends.toString()),
            now);
      }
    }
  }

  private static void append(
      Handle handle,
      RetentionPolicy policy,
      EventType type,
      Act act,
      String by,
      Map<String, Object> besides,
      Instant now) {
    Map<String, Object> payload = new HashMap<>(besides);
    payload.put("policy", "retention/" + policy.line().name());
    payload.put("why", act.why());
    payload.put("by", by);
    Owner owner = policy.line().owner();
    Events.append(
        handle, new Event(type, owner.accountId(), owner.region(), act.image(), payload), now);
  }

  private void audit(RetentionPolicy policy, String plan, List<Act> acts) {
    for (Kind kind : Kind.values()) {
      List<String> images =
          acts.stream().filter(act -> act.kind() == kind).map(Act::image).toList();
      for (int from = 0; from < images.size(); from += AT_ONCE) {
        List<String> resources =
            new ArrayList<>(List.of("rule: " + policy.rule().text(), "plan " + plan));
        resources.addAll(images.subList(from, Math.min(images.size(), from + AT_ONCE)));
        audit.act(
            policy.line().owner(),
            "retention/" + policy.line().name(),
            switch (kind) {
              case DEPRECATE -> "DeprecateImage";
              case UNDEPRECATE -> "UndeprecateImage";
              case DELETE -> "DeleteImage";
            },
            resources,
            "ok");
      }
    }
  }

  /** Returns what policies have deleted and can still be undone, the latest first. */
  public List<Bin.Binned> deleted(Owner owner) {
    return database.read(handle -> Bin.list(handle, owner));
  }

  /**
   * Undoes the deletion of an image by a policy. The image gets a tag that holds it, so that the
   * policy does not delete it again.
   *
   * @throws RefusedException NOT_FOUND if no deletion of it can be undone; ALREADY_EXISTS if
   *     another image has its name by now; LIMIT_EXCEEDED if its owner has no room for it
   */
  public Image undo(Owner owner, String name) {
    return database.inTransaction(handle -> {
      quotas.reserveImage(handle, owner);
      Image image = Bin.restore(handle, owner, name);
      RetentionRecords.undeprecate(handle, image.id());
      TagRecords.put(handle, image.arn(), Map.of(Holds.TAG, "restored"));
      Events.append(
          handle,
          new Event(EventType.IMAGE_RESTORED, owner.accountId(), owner.region(), name, Map.of()),
          now());
      return image;
    });
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }
}
