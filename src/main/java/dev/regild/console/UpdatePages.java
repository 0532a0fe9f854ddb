package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.console.view.Changes;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.UpdatePage;
import dev.regild.console.view.Words;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.Fixes;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import gg.jte.generated.precompiled.JteupdateGenerated;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * {@code /console/images/NAME/update}: the plan of an update, which is its dry run, and the form
 * that starts it.
 */
final class UpdatePages implements Console.Pages {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);

  private final ConsoleServices services;
  private final ApiCall.Api api;

  UpdatePages(ConsoleServices services, ApiCall.Api api) {
    this.services = services;
    this.api = api;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/images/{name}/update", "PlanUpdate", this::show)
        .act("/console/images/{name}/update", "CreateUpdatedImage", this::update);
  }

  private void show(Visit visit) {
    String name = visit.path("name");
    show(visit, new UpdatePage.Typed(suggested(name), "", "", "", false, false), Optional.empty());
  }

  /**
   * The name of the existing image with today's date, in place of the date that it may end with.
   */
  private String suggested(String name) {
    String stem = stem(name);
    String today = DAY.format(services.images().clock().instant());
    return stem.substring(0, Math.min(stem.length(), 100 - today.length() - 1)) + "-" + today;
  }

  /** A name without the date that it may end with. */
  static String stem(String name) {
    return name.replaceFirst("-\\d{4}(-\\d{2}){1,2}$", "");
  }

  private void update(Visit visit) {
    Form form = visit.form();
    UpdatePage.Typed typed =
        new UpdatePage.Typed(
            form.text("new-name"),
            form.text("display-name"),
            form.text("description"),
            form.raw("tags"),
            form.checked("allow-removals"),
            form.checked("skip-hooks"));
    JsonNode answer;
    try {
      answer = api.call(visit, call(visit.path("name"), typed));
    } catch (ApiException | RefusedException e) {
      ApiException error = Refusals.of(e);
      services.guard().refused(visit.response(), error);
      show(visit, typed, Optional.of(error));
      return;
    }
    if (answer.path("canUpdateImage").asBoolean()) {
      visit.redirect(Words.image(typed.newName(), ""));
    } else {
      visit.redirect(Words.image(visit.path("name"), "/update"), Notices.UP_TO_DATE);
    }
  }

  private static ApiCall call(String name, UpdatePage.Typed typed) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("existingImageName", name);
    request.put("newImageName", typed.newName());
    if (!typed.displayName().isEmpty()) {
      request.put("newImageDisplayName", typed.displayName());
    }
    if (!typed.description().isEmpty()) {
      request.put("newImageDescription", typed.description());
    }
    Map<String, String> tags = TagLines.read(typed.tags());
    if (!tags.isEmpty()) {
      request.put("newImageTags", tags);
    }
    return new ApiCall(
        "CreateUpdatedImage", request, new UpdateOptions(typed.allowRemovals(), typed.skipHooks()));
  }

  private void show(Visit visit, UpdatePage.Typed typed, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    Image image =
        services
            .images()
            .database()
            .read(handle -> Images.requireOwned(handle, owner, visit.path("name")));
    Optional<Changes> changes = Optional.empty();
    String unplanned = "";
    try {
      UpdatePlan plan = services.images().updates().plan(owner, image.name());
      Optional<Fixes> fixes = services.plannedFixes().find(owner, image.name(), plan);
      changes = Optional.of(Changes.of(plan, fixes, services.plannedFixes().sizes(image, plan)));
    } catch (RefusedException e) {
      unplanned = e.explanation();
    }
    UpdatePage page =
        new UpdatePage(
            image.name(),
            image.state() == ImageState.AVAILABLE,
            changes,
            unplanned,
            typed,
            error.map(each -> FieldErrors.of(each, UpdatePage.FIELDS)).orElse(Map.of()),
            commands(visit, image.name(), typed));
    UpdatePage shown = page;
    if (error.isPresent()) {
      visit.showRefused(
          error.get(),
          Section.IMAGES,
          "Update " + image.name(),
          (out, frame) -> JteupdateGenerated.render(out, null, frame, shown));
    } else {
      visit.show(
          Section.IMAGES,
          "Update " + image.name(),
          (out, frame) -> JteupdateGenerated.render(out, null, frame, shown));
    }
  }

  private Commands commands(Visit visit, String name, UpdatePage.Typed typed) {
    StringBuilder regild =
        new StringBuilder("regild update ")
            .append(Commands.quoted(name))
            .append(' ')
            .append(Commands.quoted(typed.newName()));
    if (typed.allowRemovals()) {
      regild.append(" --allow-removals");
    }
    if (typed.skipHooks()) {
      regild.append(" --skip-hooks");
    }
    return api.commands(visit, call(name, typed), regild.toString());
  }
}
