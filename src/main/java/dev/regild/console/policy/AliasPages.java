package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.console.Console;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.AliasPage;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.RefusedException.Reason;
import dev.regild.policy.line.Alias;
import dev.regild.policy.line.AliasMove;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import gg.jte.generated.precompiled.policy.JtealiasGenerated;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** {@code /console/lines/LINE/aliases/NAME}: an alias, its history, and what a move would do. */
final class AliasPages implements Console.Pages {
  private static final String ALIAS = "/console/lines/{line}/aliases/{name}";
  private static final int MOVES = 100;
  private static final int CHOICES = 100;

  private final PolicyServices services;

  AliasPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show(ALIAS, "ConsoleShowAlias", this::show)
        .act(ALIAS, "SetAlias", this::set)
        .act(ALIAS + "/rollback", "RollBackAlias", this::rollback)
        .act(ALIAS + "/remove", "RemoveAlias", this::remove);
  }

  private void show(Visit visit) {
    String image = visit.query("image");
    Fields form = new Fields(Map.of("image", image), Map.of());
    if (image.isEmpty()) {
      show(visit, form, Optional.empty(), Optional.empty());
      return;
    }
    List<AliasPage.Preview> previews = new ArrayList<>();
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> previews.add(services.database().read(handle -> preview(handle, visit, image))));
    show(
        visit,
        error.map(it -> form.with(Map.of("image", it.text()))).orElse(form),
        previews.stream().findFirst(),
        error);
  }

  /** As the move itself looks at it. */
  private AliasPage.Preview preview(Handle handle, Visit visit, String name) {
    Owner owner = visit.caller().owner();
    AliasName alias = name(visit);
    Image image = Images.requireOwned(handle, owner, name);
    if (image.state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          Reason.NOT_AVAILABLE,
          "The image %s is %s; an alias names only an AVAILABLE image."
              .formatted(image.name(), image.state()));
    }
    Optional<Line> present = Lines.of(handle, image);
    if (present.isPresent() && !present.get().name().equals(alias.line())) {
      throw new RefusedException(
          Reason.IN_USE,
          "The image %s is in the line %s. Choose an image of the line %s."
              .formatted(image.name(), present.get().name(), alias.line()));
    }
    List<String> lines = new ArrayList<>();
    String now = names(handle, owner, alias);
    if (now.equals(image.name())) {
      lines.add("The alias names this image already; nothing would change.");
    } else {
      lines.add(
          now.isEmpty()
              ? "The alias names no image now."
              : "The alias names %s now. That image can then be deleted, unless something else holds it."
                  .formatted(now));
      lines.add("%s can't be deleted while the alias names it.".formatted(image.name()));
    }
    if (present.isEmpty()) {
      lines.add("%s joins the line %s.".formatted(image.name(), alias.line()));
    }
    return new AliasPage.Preview(image.name(), lines);
  }

  private static String names(Handle handle, Owner owner, AliasName alias) {
    return Aliases.list(handle, owner).stream()
        .filter(each -> each.name().equals(alias))
        .map(Alias::image)
        .findFirst()
        .orElse("");
  }

  private void show(
      Visit visit, Fields form, Optional<AliasPage.Preview> preview, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    AliasName alias = name(visit);
    AliasPage page =
        Attempt.checked(() ->
            services
                .database()
                .read(handle -> {
                  List<AliasMove> moves = Aliases.history(handle, owner, alias);
                  String now = names(handle, owner, alias);
                  return new AliasPage(
                      alias.line(),
                      alias.name(),
                      now,
                      now.isEmpty()
                          ? ""
                          : Aliases.before(moves).flatMap(AliasMove::imageName).orElse(""),
                      moves.stream().limit(MOVES).toList(),
                      moves.size(),
                      choices(handle, owner, alias),
                      form,
                      preview,
                      commands(visit, alias, form.value("image")),
                      services.clock().instant());
                }));
    Visit.Template template = (out, frame) -> JtealiasGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Alias " + alias, template);
    } else {
      visit.show(Section.POLICIES, "Alias " + alias, template);
    }
  }

  private static List<String> choices(Handle handle, Owner owner, AliasName alias) {
    return Lines.find(handle, owner, alias.line())
        .map(line ->
            Lines.members(handle, line).stream()
                .filter(member -> member.state() == ImageState.AVAILABLE)
                .limit(CHOICES)
                .map(Lines.Member::name)
                .toList())
        .orElse(List.of());
  }

  private static Commands commands(Visit visit, AliasName alias, String image) {
    String quoted = Commands.quoted(alias.toString());
    return Attempt.commands(
        visit,
        "regild alias set " + quoted + " " + Attempt.word(image, "IMAGE"),
        "regild alias history " + quoted,
        "regild alias rollback " + quoted,
        "regild alias remove " + quoted);
  }

  private void set(Visit visit) {
    visit.requireChanges();
    AliasName alias = name(visit);
    String image = visit.form().text("image");
    Optional<ApiException> error = set(services, visit, alias.toString(), image);
    if (error.isPresent()) {
      Fields form = new Fields(Map.of("image", image), Map.of("image", error.get().text()));
      show(visit, form, Optional.empty(), error);
    } else {
      visit.redirect(path(alias), Notices.ALIAS_MOVED);
    }
  }

  /** Sets an alias, new or not; returns why it was refused. */
  static Optional<ApiException> set(
      PolicyServices services, Visit visit, String alias, String image) {
    services.guard().resources(visit.request(), List.of(alias, image));
    return Attempt.refused(
        services,
        visit,
        () -> {
          var _ =
              services
                  .database()
                  .inTransaction(handle ->
                      Aliases.set(
                          handle,
                          visit.caller().owner(),
                          AliasName.parse(alias),
                          image,
                          visit.caller().signature(),
                          services.clock().instant()));
        });
  }

  /** Takes back the move that the page has shown: a button can be pressed twice. */
  private void rollback(Visit visit) {
    visit.requireChanges();
    AliasName alias = name(visit);
    Owner owner = visit.caller().owner();
    String shown = visit.form().text("image");
    services.guard().resources(visit.request(), List.of(alias.toString()));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle -> {
              if (!names(handle, owner, alias).equals(shown)) {
                throw new RefusedException(
                    Reason.CONCURRENT_MODIFICATION,
                    "The alias %s now names another image. Check it, then roll back again."
                        .formatted(alias));
              }
              var _ =
                  Aliases.rollback(
                      handle, owner, alias, visit.caller().signature(), services.clock().instant());
            }));
    visit.redirect(path(alias), Notices.ALIAS_MOVED);
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    AliasName alias = name(visit);
    services.guard().resources(visit.request(), List.of(alias.toString()));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle ->
                Aliases.remove(
                    handle,
                    visit.caller().owner(),
                    alias,
                    visit.caller().signature(),
                    services.clock().instant())));
    visit.redirect(path(alias), Notices.ALIAS_REMOVED);
  }

  private static AliasName name(Visit visit) {
    return Attempt.checked(() -> AliasName.parse(visit.path("line") + "/" + visit.path("name")));
  }

  private static String path(AliasName alias) {
    return Paths.alias(alias.line(), alias.name(), "");
  }
}
