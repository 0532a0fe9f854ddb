package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.SelectionPage;
import dev.regild.console.view.SelectionPage.Result;
import dev.regild.console.view.Words;
import dev.regild.image.RefusedException;
import gg.jte.generated.precompiled.JteselectionGenerated;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code /console/selection}: does the same with many images, each by a call of its own. */
final class SelectionPages implements Console.Pages {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);

  /** As many as a page of images has. */
  private static final int MOST = 100;

  private final ConsoleServices services;
  private final ApiCall.Api api;

  SelectionPages(ConsoleServices services, ApiCall.Api api) {
    this.services = services;
    this.api = api;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .act("/console/selection", "ConsoleSelectImages", this::ask)
        .act("/console/selection/update", "CreateUpdatedImage", this::update)
        .act("/console/selection/delete", "DeleteImage", this::delete);
  }

  private void ask(Visit visit) {
    visit.requireChanges();
    String suffix = "-" + DAY.format(services.images().clock().instant());
    show(
        visit,
        new SelectionPage(
            visit.form().text("action").equals("update"), chosen(visit), suffix, List.of()));
  }

  private static List<String> chosen(Visit visit) {
    List<String> names = visit.form().all("image").stream().distinct().toList();
    if (names.isEmpty()) {
      throw new ApiException(
          ErrorType.VALIDATION, "No image was chosen. Go back and tick at least one.");
    }
    if (names.size() > MOST) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%d images were chosen. Choose at most %d at a time.".formatted(names.size(), MOST));
    }
    return names;
  }

  private void update(Visit visit) {
    String suffix = visit.form().text("suffix");
    List<String> names = chosen(visit);
    List<Result> results =
        names.stream().map(name -> updated(visit, name, UpdatePages.stem(name) + suffix)).toList();
    show(visit, new SelectionPage(true, names, suffix, results));
  }

  private Result updated(Visit visit, String name, String newName) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("existingImageName", name);
    request.put("newImageName", newName);
    try {
      boolean begun =
          api.call(visit, ApiCall.of("CreateUpdatedImage", request))
              .path("canUpdateImage")
              .asBoolean();
      return begun
          ? new Result(name, true, "is being updated to " + newName, Words.image(newName, ""))
          : new Result(name, true, "is up to date; nothing was created", "");
    } catch (ApiException | RefusedException e) {
      return refused(name, e);
    }
  }

  private void delete(Visit visit) {
    List<String> names = chosen(visit);
    List<Result> results = names.stream().map(name -> deleted(visit, name)).toList();
    show(visit, new SelectionPage(false, names, "", results));
  }

  private Result deleted(Visit visit, String name) {
    try {
      var _ = api.call(visit, ApiCall.of("DeleteImage", Map.of("Name", name)));
      return new Result(name, true, "is being deleted", "");
    } catch (ApiException | RefusedException e) {
      return refused(name, e);
    }
  }

  private static Result refused(String name, RuntimeException refusal) {
    return new Result(name, false, String.valueOf(Refusals.of(refusal).getMessage()), "");
  }

  private static void show(Visit visit, SelectionPage page) {
    String title =
        (page.updates() ? "Update " : "Delete ") + Words.count(page.names().size(), "image");
    visit.show(
        Section.IMAGES,
        title,
        (out, frame) -> JteselectionGenerated.render(out, null, frame, page));
  }
}
