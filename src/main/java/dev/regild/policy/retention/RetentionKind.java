package dev.regild.policy.retention;

import dev.regild.image.Owner;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyKind;
import dev.regild.policy.SpecReader;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Lines;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The retention of lines as files have it. A policy's name is that of its line. */
public final class RetentionKind implements PolicyKind {
  private static final int MOST_IMAGES = 100_000;
  private static final int MOST_DAYS = 3650;
  private static final int MOST_UNDO_DAYS = 365;

  @Override
  public String kind() {
    return "Retention";
  }

  /**
   * A policy of a line that is to be.
   *
   * @param enabled whether it is carried out by itself
   */
  private record Read(RetentionRule rule, boolean enabled) {
    static Read of(String name, JsonNode json) {
      SpecReader spec = SpecReader.of("Retention " + AliasName.requireLine(name), json);
      int keep =
          spec.number("keep", 1, MOST_IMAGES)
              .orElseThrow(() -> spec.error("keep", "is missing. Add it, such as keep: 3."));
      Read read =
          new Read(
              new RetentionRule(
                  keep,
                  Duration.ofDays(spec.number("days", 0, MOST_DAYS).orElse(0)),
                  Duration.ofDays(spec.number("deprecate", 0, MOST_DAYS).orElse(0)),
                  Duration.ofDays(
                      spec.number("undo", 0, MOST_UNDO_DAYS)
                          .orElse((int) RetentionRule.USUAL_UNDO.toDays()))),
              !spec.flag("manual"));
      spec.end();
      return read;
    }

    Map<String, Object> canonical() {
      Map<String, Object> spec = new LinkedHashMap<>();
      spec.put("keep", rule.keepImages());
      spec.put("days", (int) rule.keepAge().toDays());
      spec.put("deprecate", (int) rule.deprecated().toDays());
      spec.put("undo", (int) rule.undo().toDays());
      if (!enabled) {
        spec.put("manual", true);
      }
      return spec;
    }
  }

  @Override
  public Map<String, Object> canonical(String name, JsonNode spec) {
    return Read.of(name, spec).canonical();
  }

  @Override
  public Map<String, Map<String, Object>> all(Handle handle, Owner owner) {
    Map<String, Map<String, Object>> all = new LinkedHashMap<>();
    RetentionRecords.list(handle, owner)
        .forEach(
            each -> all.put(each.line().name(), new Read(each.rule(), each.enabled()).canonical()));
    return all;
  }

  @Override
  public void put(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    Read read = Read.of(name, JsonMapper.shared().valueToTree(spec));
    RetentionRecords.put(
        handle, Lines.require(handle, owner, name), read.rule(), read.enabled(), now);
  }

  @Override
  public void remove(Handle handle, Owner owner, String name) {
    if (!RetentionRecords.delete(handle, Lines.require(handle, owner, name))) {
      throw new InvalidPolicyException(
          "The line %s has no retention policy any more. Compare again: regild policy diff"
              .formatted(name));
    }
  }
}
