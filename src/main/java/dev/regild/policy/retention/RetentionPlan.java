package dev.regild.policy.retention;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.Sha256;
import dev.regild.policy.line.Hold;
import dev.regild.policy.line.Line;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the retention of a line does at a moment: what a preview shows is what a run carries out.
 *
 * @param acts what is done, the newest image first
 * @param kept images that would be deleted if nothing held them
 * @param newest the ids of the images that are kept because they are the newest: nothing else is
 *     deleted unless these are there
 */
public record RetentionPlan(Line line, List<Act> acts, List<Kept> kept, List<String> newest) {
  public RetentionPlan {
    newest = List.copyOf(newest);
    acts = List.copyOf(acts);
    kept = List.copyOf(kept);
  }

  /** What is done with an image. */
  public enum Kind {
    DEPRECATE,
    /** It is not too old or too many any more, or something holds it. */
    UNDEPRECATE,
    DELETE
  }

  /**
   * An image of a line as the planning sees it.
   *
   * @param available whether it is AVAILABLE; FAILED otherwise
   * @param deprecated since when
   */
  public record Member(
      String id, String name, boolean available, Instant created, Optional<Instant> deprecated) {}

  /**
   * One act.
   *
   * @param why the part of the rule
   */
  public record Act(Kind kind, String imageId, String image, String why) {}

  /**
   * An image that is held.
   *
   * @param by what holds it, as a text
   */
  public record Kept(String image, String by) {}

  /**
   * Plans.
   *
   * @param members of the line, the newest first; without those that are being made or deleted
   * @param holds by image id
   */
  static RetentionPlan of(
      Line line,
      RetentionRule rule,
      List<Member> members,
      Map<String, List<Hold>> holds,
      Instant now) {
    List<Act> acts = new ArrayList<>();
    List<Kept> kept = new ArrayList<>();
    List<String> newest = new ArrayList<>();
    for (Member member : members) {
      boolean among = member.available() && newest.size() < rule.keepImages();
      if (among) {
        newest.add(member.id());
      }
      boolean young = member.created().plus(rule.keepAge()).isAfter(now);
      List<Hold> holding = among || young ? List.of() : holds.getOrDefault(member.id(), List.of());
      if (!holding.isEmpty()) {
        kept.add(new Kept(member.name(), holding.getFirst().text()));
      }
      if (among || young || !holding.isEmpty()) {
        if (member.deprecated().isPresent()) {
          acts.add(act(Kind.UNDEPRECATE, member, "it is kept again"));
        }
      } else if (member.deprecated().isEmpty() && !rule.deprecated().isZero()) {
        acts.add(act(Kind.DEPRECATE, member, why(member, rule)));
      } else if (member.deprecated().isEmpty()
          || !member.deprecated().get().plus(rule.deprecated()).isAfter(now)) {
        acts.add(act(Kind.DELETE, member, why(member, rule)));
      }
    }
    return new RetentionPlan(line, acts, kept, newest);
  }

  private static Act act(Kind kind, Member member, String why) {
    return new Act(kind, member.id(), member.name(), why);
  }

  private static String why(Member member, RetentionRule rule) {
    return member.available()
        ? "not among the newest %d, and at least %d days old"
            .formatted(rule.keepImages(), rule.keepAge().toDays())
        : "failed, and at least %d days old".formatted(rule.keepAge().toDays());
  }

  /** Returns the ids of the images of one kind of act. */
  public List<String> images(Kind kind) {
    return acts.stream().filter(act -> act.kind() == kind).map(Act::imageId).toList();
  }

  /** Returns a name for all acts of some plans: other acts have another name. */
  public static String id(Collection<RetentionPlan> plans) {
    StringBuilder all = new StringBuilder();
    for (RetentionPlan plan : plans) {
      for (Act act : plan.acts()) {
        all.append(act.kind()).append(' ').append(act.imageId()).append('\n');
      }
    }
    return Sha256.of(all.toString().getBytes(UTF_8)).substring(0, 16);
  }
}
