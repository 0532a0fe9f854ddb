package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.console.view.Commands;
import dev.regild.console.view.DerivedPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.image.Images;
import dev.regild.image.RefusedException;
import gg.jte.generated.precompiled.JtederivedGenerated;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@code /console/images/NAME/copy} and {@code …/export}: makes a copy of an image, or a disk. */
final class DerivedPages implements Console.Pages {
  /** The API wants a role; here it has no meaning. */
  private static final String ROLE = "arn:aws:iam::000000000000:role/regild";

  private final ConsoleServices services;
  private final ApiCall.Api api;

  DerivedPages(ConsoleServices services, ApiCall.Api api) {
    this.services = services;
    this.api = api;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/images/{name}/copy", "ConsoleShowImage", visit -> ask(visit, "copy"))
        .act("/console/images/{name}/copy", "CopyImage", visit -> make(visit, "copy"))
        .show("/console/images/{name}/export", "ConsoleShowImage", visit -> ask(visit, "export"))
        .act(
            "/console/images/{name}/export",
            "CreateExportImageTask",
            visit -> make(visit, "export"));
  }

  private void ask(Visit visit, String kind) {
    String name = visit.path("name");
    var _ =
        services
            .images()
            .database()
            .read(handle -> Images.requireOwned(handle, visit.caller().owner(), name));
    show(
        visit,
        kind,
        new Typed(name + "-" + kind, visit.caller().owner().region(), ""),
        Optional.empty());
  }

  private record Typed(String newName, String region, String description) {}

  private void make(Visit visit, String kind) {
    Form form = visit.form();
    Typed typed = new Typed(form.text("new-name"), form.text("region"), form.text("description"));
    try {
      var _ = api.call(visit, call(visit.path("name"), kind, typed));
    } catch (ApiException | RefusedException e) {
      ApiException error = Refusals.of(e);
      services.guard().refused(visit.response(), error);
      show(visit, kind, typed, Optional.of(error));
      return;
    }
    boolean elsewhere = !typed.region().equals(visit.caller().owner().region());
    if (kind.equals("export")) {
      visit.redirect("/console/jobs", Notices.EXPORTED);
    } else if (elsewhere) {
      visit.redirect(Words.image(visit.path("name"), ""), Notices.COPIED);
    } else {
      visit.redirect(Words.image(typed.newName(), ""), Notices.COPIED);
    }
  }

  private static ApiCall call(String name, String kind, Typed typed) {
    Map<String, Object> request = new LinkedHashMap<>();
    boolean copy = kind.equals("copy");
    request.put(copy ? "SourceImageName" : "ImageName", name);
    request.put(copy ? "DestinationImageName" : "AmiName", typed.newName());
    if (copy) {
      request.put("DestinationRegion", typed.region());
    } else {
      request.put("IamRoleArn", ROLE);
    }
    if (!typed.description().isEmpty()) {
      request.put(copy ? "DestinationImageDescription" : "AmiDescription", typed.description());
    }
    return ApiCall.of(copy ? "CopyImage" : "CreateExportImageTask", request);
  }

  private void show(Visit visit, String kind, Typed typed, Optional<ApiException> error) {
    String name = visit.path("name");
    DerivedPage page =
        new DerivedPage(
            name,
            kind,
            typed.newName(),
            typed.region(),
            typed.description(),
            error.map(each -> FieldErrors.of(each, DerivedPage.FIELDS)).orElse(Map.of()),
            api.commands(
                visit,
                call(name, kind, typed),
                kind.equals("export")
                    ? "regild export " + Commands.quoted(name) + " --output FILE"
                    : ""));
    String title = (kind.equals("copy") ? "Copy " : "Export ") + name;
    Visit.Template template = (out, frame) -> JtederivedGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.IMAGES, title, template);
    } else {
      visit.show(Section.IMAGES, title, template);
    }
  }
}
