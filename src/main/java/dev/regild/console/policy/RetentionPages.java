package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Console;
import dev.regild.console.Form;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.RetentionPage;
import dev.regild.console.policy.view.RetentionPlanPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.image.Bin;
import dev.regild.image.Owner;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPlan;
import dev.regild.policy.retention.RetentionPlan.Kind;
import dev.regild.policy.retention.RetentionPolicy;
import dev.regild.policy.retention.RetentionRule;
import dev.regild.policy.retention.Retentions;
import gg.jte.generated.precompiled.policy.JteretentionGenerated;
import gg.jte.generated.precompiled.policy.JteretentionplanGenerated;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code /console/retention}: which images of lines are deleted and when, the list that a run would
 * carry out, and the deletions that can be undone.
 */
final class RetentionPages implements Console.Pages {
  private static final int ROWS = 50;
  private static final int LINES = 100;
  private static final int DELETED = 100;
  private static final int ACTS = 100;

  private final PolicyServices services;

  RetentionPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/retention", "ConsoleListRetention", this::list)
        .act("/console/retention", "SetRetention", this::set)
        .act("/console/retention/lines/{line}/remove", "RemoveRetention", this::remove)
        .show("/console/retention/preview", "PreviewRetention", this::preview)
        .act("/console/retention/run", "RunRetention", this::run)
        .act("/console/retention/deleted/{image}/restore", "RestoreImage", this::restore);
  }

  /** A policy in words. */
  static String words(RetentionPolicy policy) {
    RetentionRule rule = policy.rule();
    return "keep "
        + Words.count(rule.keepImages(), "image")
        + (rule.keepAge().isZero() ? "" : " and " + Words.count(rule.keepAge().toDays(), "day"))
        + (policy.enabled() ? "" : ", by hand");
  }

  private void list(Visit visit) {
    Owner owner = visit.caller().owner();
    String line = visit.query("line");
    Map<String, String> typed = new HashMap<>();
    typed.put("line", line);
    typed.put("keep", "3");
    typed.put("undo", String.valueOf(RetentionRule.USUAL_UNDO.toDays()));
    services.retentions().list(owner).stream()
        .filter(policy -> policy.line().name().equals(line))
        .findFirst()
        .ifPresent(policy -> typed.putAll(present(policy)));
    show(visit, new Fields(typed, Map.of()), Optional.empty());
  }

  private static Map<String, String> present(RetentionPolicy policy) {
    RetentionRule rule = policy.rule();
    return Map.of(
        "keep", String.valueOf(rule.keepImages()),
        "days", String.valueOf(rule.keepAge().toDays()),
        "deprecate", String.valueOf(rule.deprecated().toDays()),
        "undo", String.valueOf(rule.undo().toDays()),
        "manual", policy.enabled() ? "" : "1");
  }

  private void show(Visit visit, Fields form, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    String after = visit.query("after");
    List<RetentionPolicy> found =
        services.retentions().list(owner).stream()
            .filter(each -> each.line().name().compareTo(after) > 0)
            .limit(ROWS + 1L)
            .toList();
    List<Bin.Binned> deleted = services.retentions().deleted(owner);
    RetentionPage page =
        new RetentionPage(
            found.stream().limit(ROWS).map(RetentionPages::row).toList(),
            after.isEmpty(),
            found.size() > ROWS
                ? "/console/retention?after=" + Words.encoded(found.get(ROWS - 1).line().name())
                : "",
            services.database().read(handle -> Lines.page(handle, owner, "", LINES)).stream()
                .map(each -> each.line().name())
                .toList(),
            form,
            deleted.stream().limit(DELETED).toList(),
            deleted.size(),
            Attempt.commands(
                visit,
                setting(form),
                "regild retention preview " + Attempt.word(form.value("line"), "LINE"),
                "regild retention remove " + Attempt.word(form.value("line"), "LINE"),
                "regild retention undo IMAGE"),
            services.clock().instant());
    Visit.Template template = (out, frame) -> JteretentionGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Retention", template);
    } else {
      visit.show(Section.POLICIES, "Retention", template);
    }
  }

  private static RetentionPage.Row row(RetentionPolicy policy) {
    RetentionRule rule = policy.rule();
    return new RetentionPage.Row(
        policy.line().name(),
        rule.keepImages(),
        rule.keepAge().toDays(),
        rule.deprecated().toDays(),
        rule.undo().toDays(),
        policy.enabled(),
        policy.lastRun());
  }

  private static String setting(Fields form) {
    StringBuilder command =
        new StringBuilder("regild retention set " + Attempt.word(form.value("line"), "LINE"));
    Stream.of("keep", "days", "deprecate", "undo")
        .filter(field -> !form.value(field).isEmpty())
        .forEach(field ->
            command
                .append(" --")
                .append(field)
                .append(' ')
                .append(Commands.quoted(form.value(field))));
    return command.append(form.checked("manual") ? " --manual" : "").toString();
  }

  private void set(Visit visit) {
    visit.requireChanges();
    Form form = visit.form();
    Map<String, String> typed = new HashMap<>();
    Stream.of("line", "keep", "days", "deprecate", "undo", "manual")
        .forEach(field -> typed.put(field, form.text(field)));
    Fields fields = new Fields(typed, Map.of());
    services.guard().resources(visit.request(), List.of(fields.value("line")));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              var _ =
                  services
                      .retentions()
                      .set(
                          visit.caller().owner(),
                          fields.value("line"),
                          rule(fields),
                          !fields.checked("manual"));
            });
    if (error.isPresent()) {
      show(visit, fields.with(Map.of(field(error.get()), error.get().text())), error);
    } else {
      visit.redirect("/console/retention", Notices.RETENTION_SAVED);
    }
  }

  private static RetentionRule rule(Fields form) {
    return new RetentionRule(
        number(form, "keep", 0),
        Duration.ofDays(number(form, "days", 0)),
        Duration.ofDays(number(form, "deprecate", 0)),
        Duration.ofDays(number(form, "undo", (int) RetentionRule.USUAL_UNDO.toDays())));
  }

  private static int number(Fields form, String field, int otherwise) {
    String text = form.value(field);
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("\\d{1,9}")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%s is '%s'. Write a whole number.".formatted(LABELS.getOrDefault(field, field), text));
    }
    return Integer.parseInt(text);
  }

  /** How errors begin that are about a field. */
  private static final Map<String, String> LABELS =
      Map.of(
          "keep", "The number of images that are kept",
          "days", "The age of images that are kept",
          "deprecate", "The time for which images are deprecated",
          "undo", "The time in which a deletion can be undone");

  private static String field(ApiException error) {
    String text = error.text();
    if (text.startsWith("A policy keeps")) {
      return "keep";
    }
    return LABELS.entrySet().stream()
        .filter(each -> text.startsWith(each.getValue()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("line");
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    String line = visit.path("line");
    services.guard().resources(visit.request(), List.of(line));
    Attempt.run(() -> services.retentions().remove(visit.caller().owner(), line));
    visit.redirect("/console/retention", Notices.RETENTION_REMOVED);
  }

  private void preview(Visit visit) {
    String from = visit.query("from");
    show(
        visit,
        line(visit.query("line")),
        from.matches("\\d{1,6}") ? Integer.parseInt(from) : 0,
        Optional.empty());
  }

  private static Optional<String> line(String text) {
    return Optional.of(text).filter(it -> !it.isEmpty());
  }

  private void show(Visit visit, Optional<String> line, int from, Optional<ApiException> error) {
    Retentions.Preview preview =
        Attempt.checked(() -> services.retentions().preview(visit.caller().owner(), line));
    RetentionPlanPage page =
        page(visit, line, preview, preview.plans(), from, error.map(ApiException::text).orElse(""));
    String title = "What retention would do" + line.map(it -> " with " + it).orElse("");
    Visit.Template template =
        (out, frame) -> JteretentionplanGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, title, template);
    } else {
      visit.show(Section.POLICIES, title, template);
    }
  }

  private static RetentionPlanPage page(
      Visit visit,
      Optional<String> line,
      Retentions.Preview preview,
      List<RetentionPlan> plans,
      int from,
      String error) {
    List<RetentionPlanPage.Row> acts = acts(plans);
    List<RetentionPlanPage.Kept> kept = kept(plans);
    String quoted = line.map(it -> " " + Commands.quoted(it)).orElse("");
    return new RetentionPlanPage(
        line.orElse(""),
        preview.id(),
        false,
        acts.stream().skip(from).limit(ACTS).toList(),
        acts.size(),
        count(plans, Kind.DEPRECATE),
        count(plans, Kind.UNDEPRECATE),
        count(plans, Kind.DELETE),
        Words.size(preview.bytes()),
        kept.stream().limit(ACTS).toList(),
        kept.size(),
        List.of(),
        from,
        from + ACTS < acts.size()
            ? "/console/retention/preview?line=%s&from=%d"
                .formatted(Words.encoded(line.orElse("")), from + ACTS)
            : "",
        error,
        Attempt.commands(
            visit,
            "regild retention preview" + quoted,
            "regild retention run" + quoted + " --plan " + preview.id()));
  }

  private static List<RetentionPlanPage.Row> acts(List<RetentionPlan> plans) {
    List<RetentionPlanPage.Row> rows = new ArrayList<>();
    for (RetentionPlan plan : plans) {
      for (RetentionPlan.Act act : plan.acts()) {
        rows.add(
            new RetentionPlanPage.Row(
                plan.line().name(),
                act.kind() == Kind.DELETE ? "bad" : act.kind() == Kind.DEPRECATE ? "busy" : "good",
                switch (act.kind()) {
                  case DEPRECATE -> "deprecate";
                  case UNDEPRECATE -> "keep again";
                  case DELETE -> "delete";
                },
                act.image(),
                act.why()));
      }
    }
    return rows;
  }

  private static List<RetentionPlanPage.Kept> kept(List<RetentionPlan> plans) {
    return plans.stream()
        .flatMap(plan ->
            plan.kept().stream()
                .map(each ->
                    new RetentionPlanPage.Kept(plan.line().name(), each.image(), each.by())))
        .toList();
  }

  private static long count(List<RetentionPlan> plans, Kind kind) {
    return plans.stream().mapToLong(plan -> plan.images(kind).size()).sum();
  }

  /** Carries out exactly the list that the page has shown. */
  private void run(Visit visit) {
    visit.requireChanges();
    Optional<String> line = line(visit.form().text("line"));
    String plan = visit.form().text("plan");
    services.guard().resources(visit.request(), List.of(line.orElse("all lines"), "plan " + plan));
    List<Retentions.Outcome> outcomes = new ArrayList<>();
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              if (plan.isEmpty()) {
                throw new ApiException(
                    ErrorType.VALIDATION, "The form names no plan. Look at the preview first.");
              }
              outcomes.add(
                  services
                      .retentions()
                      .run(
                          visit.caller().owner(),
                          line,
                          Optional.of(plan),
                          visit.caller().signature()));
            });
    if (error.isPresent()) {
      show(visit, line, 0, error);
      return;
    }
    Retentions.Outcome outcome = outcomes.getFirst();
    RetentionPlanPage shown = page(visit, line, outcome.preview(), outcome.done(), 0, "");
    RetentionPlanPage page =
        new RetentionPlanPage(
            shown.line(),
            shown.plan(),
            true,
            shown.acts(),
            shown.count(),
            shown.deprecated(),
            shown.undeprecated(),
            shown.deleted(),
            shown.freed(),
            shown.kept(),
            shown.keptCount(),
            outcome.left(),
            0,
            "",
            "",
            shown.commands());
    visit.show(
        Section.POLICIES,
        "What retention has done",
        (out, frame) -> JteretentionplanGenerated.render(out, null, frame, page));
  }

  private void restore(Visit visit) {
    visit.requireChanges();
    String image = visit.path("image");
    services.guard().resources(visit.request(), List.of(image));
    var _ = Attempt.checked(() -> services.retentions().undo(visit.caller().owner(), image));
    visit.redirect(Words.image(image, ""), Notices.RESTORED);
  }
}
