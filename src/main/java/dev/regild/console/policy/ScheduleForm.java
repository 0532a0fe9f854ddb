package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Form;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.ScheduleFormPage;
import dev.regild.console.view.Commands;
import dev.regild.policy.schedule.Conditions;
import dev.regild.policy.schedule.ScheduleSpec;
import dev.regild.policy.schedule.Severity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The form of a schedule: the keys of its spec as fields.
 *
 * @param typed what stands in it, by field
 */
record ScheduleForm(Map<String, String> typed) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** Fields that hold several texts. */
  private static final List<String> LISTS = List.of("lines", "cves", "packages");

  private static final List<String> FLAGS = List.of("security", "kernel", "agent");
  private static final List<String> NUMBERS =
      List.of("moreThan", "atMost", "canary", "disableAfter");

  /** Keys of the conditions, which are a map of their own. */
  private static final List<String> CONDITIONS =
      List.of("security", "severity", "cves", "packages", "kernel", "agent", "moreThan", "quiet");

  ScheduleForm {
    typed = Map.copyOf(typed);
  }

  static ScheduleForm of(Form form) {
    Map<String, String> typed = new HashMap<>();
    Stream.concat(ScheduleFormPage.FIELDS.stream(), FLAGS.stream())
        .forEach(field -> typed.put(field, form.text(field)));
    return new ScheduleForm(typed);
  }

  /** The form as it is for a schedule that exists. */
  static ScheduleForm of(String name, ScheduleSpec spec) {
    Map<String, String> typed = new HashMap<>();
    typed.put("name", name);
    Map<String, Object> canonical = new HashMap<>(spec.canonical());
    Object when = canonical.remove("when");
    put(typed, canonical);
    if (when instanceof Map<?, ?> conditions) {
      put(typed, conditions);
    }
    return new ScheduleForm(typed);
  }

  private static void put(Map<String, String> typed, Map<?, ?> spec) {
    spec.forEach((key, value) ->
        typed.put(
            String.valueOf(key),
            switch (value) {
              case Collection<?> several ->
                  String.join("\n", several.stream().map(String::valueOf).toList());
              case Boolean yes -> yes ? "1" : "";
              default -> String.valueOf(value);
            }));
  }

  String name() {
    return text("name");
  }

  private String text(String field) {
    return typed.getOrDefault(field, "");
  }

  /** Texts that spaces, commas or lines separate: no name has one of them in it. */
  private List<String> texts(String field) {
    return Arrays.stream(text(field).split("[\\s,]+")).filter(each -> !each.isEmpty()).toList();
  }

  /** The spec, as policies read it. */
  ObjectNode spec() {
    ObjectNode spec = JSON.createObjectNode();
    ObjectNode when = JSON.createObjectNode();
    Stream.concat(ScheduleFormPage.FIELDS.stream(), FLAGS.stream())
        .filter(field -> !field.equals("name") && !text(field).isEmpty())
        .forEach(field -> put(CONDITIONS.contains(field) ? when : spec, field));
    if (!when.isEmpty()) {
      spec.set("when", when);
    }
    return spec;
  }

  private void put(ObjectNode spec, String field) {
    String text = text(field);
    if (LISTS.contains(field)) {
      texts(field).forEach(spec.withArrayProperty(field)::add);
    } else if (FLAGS.contains(field)) {
      spec.put(field, true);
    } else if (NUMBERS.contains(field) && text.matches("\\d{1,9}")) {
      spec.put(field, Integer.parseInt(text));
    } else {
      // What is no number stays a text, so that its error names it.
      spec.put(field, text);
    }
  }

  Fields fields() {
    return new Fields(typed, Map.of());
  }

  /** The same with an error beside the field that it is about. */
  Fields with(ApiException error) {
    return new Fields(typed, Map.of(field(error), error.text()));
  }

  private String field(ApiException error) {
    String text = error.text();
    String prefix = "Schedule " + name() + ": ";
    if (text.startsWith(prefix)) {
      String key = text.substring(prefix.length()).split(" ", 2)[0].replaceFirst("^when\\.", "");
      return ScheduleFormPage.FIELDS.contains(key) ? key : "";
    }
    if (error.type() == ErrorType.RESOURCE_ALREADY_EXISTS
        || text.contains("is not the name of a schedule")) {
      return "name";
    }
    if (text.contains("is not the name of a line")) {
      return "lines";
    }
    if (text.startsWith("The time zone ")) {
      return "zone";
    }
    if (text.startsWith("The cron ")
        || text.contains("is not a cron expression")
        || text.contains("at the same times")) {
      return "cron";
    }
    return text.startsWith("The pattern ") || text.contains("the same pattern") ? "pattern" : "";
  }

  /** The command that adds it. */
  String adding() {
    List<String> words = new ArrayList<>();
    words.add("regild schedule add " + Attempt.word(name(), "NAME"));
    List<String> lines = texts("lines");
    (lines.isEmpty() ? List.of("LINE") : lines)
        .forEach(line -> words.add("--line " + Commands.quoted(line)));
    words.add("--cron " + Attempt.word(text("cron"), "CRON"));
    option(words, "zone", "--zone");
    option(words, "window", "--window");
    FLAGS.stream().filter(flag -> !text(flag).isEmpty()).forEach(flag -> words.add("--" + flag));
    option(words, "severity", "--severity");
    texts("cves").forEach(cve -> words.add("--cve " + Commands.quoted(cve)));
    texts("packages").forEach(name -> words.add("--package " + Commands.quoted(name)));
    option(words, "moreThan", "--more-than");
    option(words, "quiet", "--quiet");
    option(words, "cooldown", "--cooldown");
    option(words, "atMost", "--at-most");
    option(words, "canary", "--canary");
    option(words, "disableAfter", "--disable-after");
    option(words, "pattern", "--pattern");
    option(words, "alias", "--alias");
    return String.join(" \\\n    ", words);
  }

  private void option(List<String> words, String field, String option) {
    if (!text(field).isEmpty()) {
      words.add(option + " " + Commands.quoted(text(field)));
    }
  }

  /** The commands that change one that exists. */
  String changing() {
    ObjectNode policy = JSON.createObjectNode();
    policy.put("kind", "Schedule").put("name", name());
    policy.set("spec", spec());
    return "printf '%s\\n' "
        + Commands.quoted(JSON.writeValueAsString(policy))
        + " > schedule.yaml\nregild policy apply schedule.yaml";
  }

  /** The conditions of a schedule in words. */
  static String words(Conditions when) {
    List<String> words = new ArrayList<>();
    if (when.security()) {
      words.add("a change fixes a security problem");
    }
    when.severity().map(Severity::word).ifPresent(it -> words.add("severity " + it + " or worse"));
    if (!when.cves().isEmpty()) {
      words.add("fixes one of " + String.join(", ", when.cves()));
    }
    if (!when.packages().isEmpty()) {
      words.add("changes one of " + String.join(", ", when.packages()));
    }
    if (when.kernel()) {
      words.add("changes a kernel");
    }
    if (when.agent()) {
      words.add("changes the agent");
    }
    if (when.moreThan() > 0) {
      words.add("more than " + when.moreThan() + " changes");
    }
    when.quiet()
        .map(dev.regild.policy.SpecReader::text)
        .ifPresent(it -> words.add("no new image for " + it));
    return words.isEmpty() ? "any change" : String.join("; ", words);
  }
}
