package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Console;
import dev.regild.console.ImageChoices;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.policy.view.RevocationPage;
import dev.regild.console.policy.view.RevocationsPage;
import dev.regild.console.policy.view.RevokePage;
import dev.regild.console.policy.view.RevokedImages;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.image.Owner;
import dev.regild.policy.revocation.Revocation;
import dev.regild.policy.revocation.Revocation.Subject;
import dev.regild.policy.revocation.Revocations;
import gg.jte.generated.precompiled.policy.JterevocationGenerated;
import gg.jte.generated.precompiled.policy.JterevocationsGenerated;
import gg.jte.generated.precompiled.policy.JterevokeGenerated;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /console/revocations} and {@code /console/revoke}: images that are not to be used any
 * more, who has them, and what a revocation would mark.
 */
final class RevocationPages implements Console.Pages {
  private static final int ROWS = 100;

  private final PolicyServices services;

  RevocationPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/revocations", "ConsoleListRevocations", this::list)
        .show("/console/revocations/{id}", "ConsoleShowRevocation", this::show)
        .act("/console/revocations/{id}/undo", "UndoRevocation", this::undo)
        .show("/console/revoke", "PreviewRevocation", this::preview)
        .act("/console/revoke", "RevokeImages", this::revoke);
  }

  private void list(Visit visit) {
    List<Revocations.Counted> all = services.revocations().list(visit.caller().owner());
    RevocationsPage page =
        new RevocationsPage(
            all.stream().limit(ROWS).map(each -> row(each.revocation(), each.images())).toList(),
            all.size(),
            services.clock().instant());
    visit.show(
        Section.POLICIES,
        "Revocation",
        (out, frame) -> JterevocationsGenerated.render(out, null, frame, page));
  }

  private static RevocationsPage.Row row(Revocation revocation, int images) {
    return new RevocationsPage.Row(
        revocation.id(),
        revocation.subject().text(),
        revocation.reason(),
        images,
        revocation.by(),
        revocation.created(),
        revocation.undone());
  }

  private void show(Visit visit) {
    Revocations.Details details =
        Attempt.checked(
            () -> services.revocations().show(visit.caller().owner(), visit.path("id")));
    String id = Commands.quoted(details.revocation().id());
    RevocationPage page =
        new RevocationPage(
            row(details.revocation(), details.images().size()),
            details.revocation().descendants(),
            RevokedImages.of(details.images()),
            Attempt.commands(visit, "regild revocation show " + id, "regild revocation undo " + id),
            services.clock().instant());
    visit.show(
        Section.POLICIES,
        "Revocation of " + page.revocation().subject(),
        (out, frame) -> JterevocationGenerated.render(out, null, frame, page));
  }

  private void undo(Visit visit) {
    visit.requireChanges();
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    var _ =
        Attempt.checked(() ->
            services.revocations().undo(visit.caller().owner(), id, visit.caller().signature()));
    visit.redirect(Paths.revocation(id, ""), Notices.REVOCATION_UNDONE);
  }

  /** What is to be revoked, as the form has it. */
  private record Asked(
      String image, String wanted, String version, String reason, boolean descendants) {
    Fields fields() {
      return new Fields(
          Map.of(
              "image", image,
              "package", wanted,
              "version", version,
              "reason", reason,
              "not-descendants", descendants ? "" : "1"),
          Map.of());
    }

    Subject subject(Revocations revocations, Owner owner) {
      if (image.isEmpty() == wanted.isEmpty() || (!image.isEmpty() && !version.isEmpty())) {
        throw new ApiException(
            ErrorType.VALIDATION,
            "Name what to revoke: an image, or a package and, if only some are meant, its"
                + " versions.");
      }
      return image.isEmpty()
          ? Revocations.ofPackage(wanted, Optional.of(version).filter(it -> !it.isEmpty()))
          : revocations.image(owner, image);
    }

    String command() {
      StringBuilder command = new StringBuilder("regild revoke ");
      if (wanted.isEmpty()) {
        command.append(Attempt.word(image, "IMAGE"));
      } else {
        command.append("--package ").append(Commands.quoted(wanted));
      }
      if (!version.isEmpty()) {
        command.append(" --version ").append(Commands.quoted(version));
      }
      if (!descendants) {
        command.append(" --not-descendants");
      }
      return command.append(" --reason ").append(Attempt.word(reason, "REASON")).toString();
    }
  }

  /** The preview is in the address: it changes nothing, and can be looked at again. */
  private void preview(Visit visit) throws InterruptedException {
    Asked asked =
        new Asked(
            visit.query("image"),
            visit.query("package"),
            visit.query("version"),
            visit.query("reason"),
            visit.query("not-descendants").isEmpty());
    if (!visit.request().query().contains("reason")) {
      show(visit, asked, Optional.empty(), Optional.empty());
      return;
    }
    preview(visit, asked, Optional.empty());
  }

  /** Shows what would be marked, and why a revocation was refused. */
  private void preview(Visit visit, Asked asked, Optional<ApiException> refused)
      throws InterruptedException {
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> {
              List<Revocations.Details> found = new ArrayList<>();
              Optional<ApiException> error = Attempt.error(() -> found.add(marked(visit, asked)));
              return new Looked(found.stream().findFirst(), error);
            },
            looked -> {
              Optional<ApiException> error = refused.or(looked::error);
              error.ifPresent(it -> services.guard().refused(visit.response(), it));
              show(visit, asked, looked.details(), error);
            });
  }

  private record Looked(Optional<Revocations.Details> details, Optional<ApiException> error) {}

  private Revocations.Details marked(Visit visit, Asked asked) {
    Owner owner = visit.caller().owner();
    Subject subject = asked.subject(services.revocations(), owner);
    return services.revocations().preview(owner, subject, asked.descendants(), asked.reason());
  }

  private void show(
      Visit visit,
      Asked asked,
      Optional<Revocations.Details> preview,
      Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    Fields form = asked.fields();
    RevokePage page =
        new RevokePage(
            error.map(it -> form.with(Map.of(field(it, asked), it.text()))).orElse(form),
            services.database().read(handle -> ImageChoices.of(handle, owner)),
            preview.map(Revocations.Details::plan).orElse(""),
            preview.map(it -> RevokedImages.of(it.images())),
            Attempt.commands(visit, asked.command() + " --preview", asked.command()));
    Visit.Template template = (out, frame) -> JterevokeGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Revoke images", template);
    } else {
      visit.show(Section.POLICIES, "Revoke images", template);
    }
  }

  /** The field that an error is about. */
  private static String field(ApiException error, Asked asked) {
    String text = error.text();
    if (error.type() == ErrorType.CONCURRENT_MODIFICATION || text.startsWith("The form names ")) {
      return "";
    }
    if (text.startsWith("A revocation needs a reason")) {
      return "reason";
    }
    if (text.startsWith("The version is ") || text.startsWith("The range ")) {
      return "version";
    }
    return asked.image().isEmpty() ? "" : "image";
  }

  /** Revokes exactly the images that the page has shown. */
  private void revoke(Visit visit) throws InterruptedException {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    Asked asked =
        new Asked(
            visit.form().text("image"),
            visit.form().text("package"),
            visit.form().text("version"),
            visit.form().text("reason"),
            !visit.form().checked("not-descendants"));
    services
        .guard()
        .resources(
            visit.request(), List.of(asked.image().isEmpty() ? asked.wanted() : asked.image()));
    List<Revocations.Details> made = new ArrayList<>();
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              Subject subject = asked.subject(services.revocations(), owner);
              String plan = visit.form().text("plan");
              if (plan.isEmpty()) {
                throw new ApiException(
                    ErrorType.VALIDATION,
                    "The form names no preview. Preview the revocation first.");
              }
              made.add(
                  services
                      .revocations()
                      .revoke(
                          owner,
                          subject,
                          asked.descendants(),
                          asked.reason(),
                          visit.caller().signature(),
                          Optional.of(plan)));
            });
    if (error.isPresent()) {
      preview(visit, asked, error);
    } else {
      visit.redirect(
          Paths.revocation(made.getFirst().revocation().id(), ""), Notices.IMAGES_REVOKED);
    }
  }
}
