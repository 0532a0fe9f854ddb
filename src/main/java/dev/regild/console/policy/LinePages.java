package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.console.Console;
import dev.regild.console.Form;
import dev.regild.console.ImageChoices;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.LinePage;
import dev.regild.console.policy.view.LinesPage;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImagesPage;
import dev.regild.console.view.Words;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.policy.line.Alias;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPolicy;
import gg.jte.generated.precompiled.policy.JtelineGenerated;
import gg.jte.generated.precompiled.policy.JtelinesGenerated;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /console/policies} and {@code /console/lines}: lines, their images and their policies. */
final class LinePages implements Console.Pages {
  private static final int ROWS = 50;
  private static final int MEMBERS = 100;

  private final PolicyServices services;

  LinePages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/policies", "ConsoleListLines", visit -> show(visit, Optional.empty()))
        .act("/console/lines", "AddToLine", this::begin)
        .show(
            "/console/lines/{line}",
            "ConsoleShowLine",
            visit -> showOne(visit, Fields.EMPTY, Fields.EMPTY, Optional.empty()))
        .act("/console/lines/{line}/add", "AddToLine", this::add)
        .act("/console/lines/{line}/remove", "RemoveFromLine", this::remove)
        .act("/console/lines/{line}/aliases", "SetAlias", this::setAlias);
  }

  private void show(Visit visit, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    String after = visit.query("after");
    Fields form = form(visit, error);
    List<RetentionPolicy> retention = services.retentions().list(owner);
    LinesPage page =
        services
            .database()
            .read(handle -> {
              LineRows rows = LineRows.of(handle, owner, retention);
              List<Lines.Summary> found = Lines.page(handle, owner, after, ROWS + 1);
              boolean more = found.size() > ROWS;
              return new LinesPage(
                  found.stream().limit(ROWS).map(rows::row).toList(),
                  after.isEmpty(),
                  more
                      ? "/console/policies?after="
                          + Words.encoded(found.get(ROWS - 1).line().name())
                      : "",
                  form,
                  ImageChoices.of(handle, owner),
                  Attempt.commands(
                      visit,
                      "regild line add "
                          + Attempt.word(form.value("line"), "LINE")
                          + " "
                          + Attempt.word(form.value("image"), "IMAGE")));
            });
    Visit.Template template = (out, frame) -> JtelinesGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Lines and aliases", template);
    } else {
      visit.show(Section.POLICIES, "Lines and aliases", template);
    }
  }

  /** What was typed, with the error beside the field that it names. */
  private static Fields form(Visit visit, Optional<ApiException> error) {
    Form form = visit.form();
    Fields typed =
        new Fields(
            Map.of(
                "line", error.isPresent() ? form.text("line") : visit.query("line"),
                "image", error.isPresent() ? form.text("image") : visit.query("image")),
            Map.of());
    return error
        .map(it -> {
          boolean ofLine = it.text().contains("name of a line");
          return typed.with(Map.of(ofLine ? "line" : "image", it.text()));
        })
        .orElse(typed);
  }

  private void begin(Visit visit) {
    visit.requireChanges();
    String line = visit.form().text("line");
    Optional<ApiException> error = join(visit, line);
    if (error.isPresent()) {
      show(visit, error);
    } else {
      visit.redirect(Paths.line(line, ""), Notices.LINE_CHANGED);
    }
  }

  private void add(Visit visit) {
    visit.requireChanges();
    String line = visit.path("line");
    Optional<ApiException> error = join(visit, line);
    if (error.isPresent()) {
      Fields form =
          new Fields(
              Map.of("image", visit.form().text("image")), Map.of("image", error.get().text()));
      showOne(visit, form, Fields.EMPTY, error);
    } else {
      visit.redirect(Paths.line(line, ""), Notices.LINE_CHANGED);
    }
  }

  private Optional<ApiException> join(Visit visit, String line) {
    Owner owner = visit.caller().owner();
    String image = visit.form().text("image");
    services.guard().resources(visit.request(), List.of(line, image));
    return Attempt.refused(
        services,
        visit,
        () -> {
          var _ =
              services
                  .database()
                  .inTransaction(handle ->
                      Lines.add(
                          handle,
                          owner,
                          AliasName.requireLine(line),
                          Images.requireOwned(handle, owner, image),
                          services.clock().instant()));
        });
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String line = visit.path("line");
    String image = visit.form().text("image");
    services.guard().resources(visit.request(), List.of(line, image));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle ->
                Lines.remove(
                    handle,
                    Lines.require(handle, owner, line),
                    Images.requireOwned(handle, owner, image))));
    visit.redirect(Paths.line(line, ""), Notices.LINE_CHANGED);
  }

  /** A new alias; one that exists is moved on its own page, with a preview. */
  private void setAlias(Visit visit) {
    visit.requireChanges();
    Form form = visit.form();
    String line = visit.path("line");
    String image = form.text("image");
    String alias = line + "/" + form.text("alias");
    Optional<ApiException> error = AliasPages.set(services, visit, alias, image);
    if (error.isEmpty()) {
      visit.redirect(Paths.alias(line, form.text("alias"), ""), Notices.ALIAS_MOVED);
      return;
    }
    boolean ofName = error.get().text().contains("name of an alias");
    Fields moving =
        new Fields(
            Map.of("alias", form.text("alias"), "alias-image", image),
            Map.of(ofName ? "alias" : "alias-image", error.get().text()));
    showOne(visit, Fields.EMPTY, moving, error);
  }

  private void showOne(Visit visit, Fields adding, Fields moving, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    String name = visit.path("line");
    List<RetentionPolicy> retention = services.retentions().list(owner);
    LinePage page =
        Attempt.checked(() ->
            services
                .database()
                .read(handle -> {
                  Line line = Lines.require(handle, owner, name);
                  List<Lines.Member> members = Lines.members(handle, line);
                  LineRows rows = LineRows.of(handle, owner, retention);
                  List<Alias> aliases =
                      rows.aliases().stream()
                          .filter(alias -> alias.name().line().equals(name))
                          .toList();
                  return new LinePage(
                      rows.row(
                          new Lines.Summary(
                              line,
                              members.size(),
                              members.stream().map(Lines.Member::name).findFirst())),
                      members.stream()
                          .limit(MEMBERS)
                          .map(member -> member(member, aliases))
                          .toList(),
                      members.size(),
                      aliases,
                      adding,
                      moving,
                      commands(visit, name, adding, moving),
                      services.clock().instant());
                }));
    Visit.Template template = (out, frame) -> JtelineGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Line " + name, template);
    } else {
      visit.show(Section.POLICIES, "Line " + name, template);
    }
  }

  private static LinePage.Member member(Lines.Member member, List<Alias> aliases) {
    return new LinePage.Member(
        member.name(),
        ImagesPage.State.of(member.state()),
        member.created(),
        aliases.stream()
            .filter(alias -> alias.image().equals(member.name()))
            .map(alias -> alias.name().name())
            .toList());
  }

  private static Commands commands(Visit visit, String line, Fields adding, Fields moving) {
    String quoted = Commands.quoted(line);
    return Attempt.commands(
        visit,
        "regild line add " + quoted + " " + Attempt.word(adding.value("image"), "IMAGE"),
        "regild line remove " + quoted + " IMAGE",
        "regild alias set %s %s"
            .formatted(
                Commands.quoted(
                    line
                        + "/"
                        + (moving.value("alias").isEmpty() ? "NAME" : moving.value("alias"))),
                Attempt.word(moving.value("alias-image"), "IMAGE")));
  }
}
