package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.SelectionPage;
import dev.regild.console.view.SelectionPage.Action;
import dev.regild.console.view.SelectionPage.Result;
import dev.regild.console.view.Words;
import dev.regild.image.Arn;
import dev.regild.image.RefusedException;
import gg.jte.generated.precompiled.JteselectionGenerated;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        .act(Action.UPDATE.path(), "CreateUpdatedImage", this::update)
        .act(Action.TAG.path(), "TagResource", this::tag)
        .act(Action.DELETE.path(), "DeleteImage", this::delete);
  }

  private void ask(Visit visit) {
    visit.requireChanges();
    Action action =
        switch (visit.form().text("action")) {
          case "update" -> Action.UPDATE;
          case "tag" -> Action.TAG;
          default -> Action.DELETE;
        };
    String typed =
        action == Action.UPDATE ? "-" + DAY.format(services.images().clock().instant()) : "";
    List<String> names = chosen(visit);
    show(
        visit,
        new SelectionPage(
            action,
            names,
            typed,
            List.of(),
            Optional.of(commands(visit, action, names.getFirst(), typed))));
  }

  /** The same for the first image. */
  private Commands commands(Visit visit, Action action, String name, String typed) {
    return switch (action) {
      case UPDATE -> {
        String newName = UpdatePages.stem(name) + typed;
        yield api.commands(
            visit,
            update(name, newName),
            "regild update " + Commands.quoted(name) + " " + Commands.quoted(newName));
      }
      case TAG -> api.commands(visit, tag(visit, name, Map.of("KEY", "VALUE")), "");
      case DELETE ->
          api.commands(
              visit,
              ApiCall.of("DeleteImage", Map.of("Name", name)),
              "regild delete " + Commands.quoted(name));
    };
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
    show(visit, done(Action.UPDATE, names, suffix, results));
  }

  private static SelectionPage done(
      Action action, List<String> names, String typed, List<Result> results) {
    return new SelectionPage(action, names, typed, results, Optional.empty());
  }

  private static ApiCall update(String name, String newName) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("existingImageName", name);
    request.put("newImageName", newName);
    return ApiCall.of("CreateUpdatedImage", request);
  }

  private Result updated(Visit visit, String name, String newName) {
    try {
      boolean begun = api.call(visit, update(name, newName)).path("canUpdateImage").asBoolean();
      return begun
          ? new Result(name, true, "is being updated to " + newName, Words.image(newName, ""))
          : new Result(name, true, "is up to date; nothing was created", "");
    } catch (ApiException | RefusedException e) {
      return refused(name, e);
    }
  }

  private void tag(Visit visit) {
    String lines = visit.form().raw("tags");
    List<String> names = chosen(visit);
    Map<String, String> tags = TagLines.read(lines);
    if (tags.isEmpty()) {
      throw new ApiException(
          ErrorType.VALIDATION, "No tag was given. Go back and write at least one key=value.");
    }
    List<Result> results = names.stream().map(name -> tagged(visit, name, tags)).toList();
    show(visit, done(Action.TAG, names, lines, results));
  }

  private static ApiCall tag(Visit visit, String name, Map<String, String> tags) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("ResourceArn", Arn.ofImage(visit.caller().owner(), name).toString());
    request.put("Tags", tags);
    return ApiCall.of("TagResource", request);
  }

  private Result tagged(Visit visit, String name, Map<String, String> tags) {
    try {
      var _ = api.call(visit, tag(visit, name, tags));
      return new Result(name, true, "has the tags", Words.image(name, ""));
    } catch (ApiException | RefusedException e) {
      return refused(name, e);
    }
  }

  private void delete(Visit visit) {
    List<String> names = chosen(visit);
    List<Result> results = names.stream().map(name -> deleted(visit, name)).toList();
    show(visit, done(Action.DELETE, names, "", results));
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
    String title = page.action().word() + " " + Words.count(page.names().size(), "image");
    visit.show(
        Section.IMAGES,
        title,
        (out, frame) -> JteselectionGenerated.render(out, null, frame, page));
  }
}
