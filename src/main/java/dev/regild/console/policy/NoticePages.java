package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Console;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.NoticeSecretPage;
import dev.regild.console.policy.view.NoticesPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.image.Owner;
import dev.regild.policy.notice.Notice;
import dev.regild.policy.notice.Notices;
import gg.jte.generated.precompiled.policy.JtenoticesGenerated;
import gg.jte.generated.precompiled.policy.JtenoticesecretGenerated;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code /console/notices}: who is told of events, and how their deliveries stand. */
final class NoticePages implements Console.Pages {
  private final PolicyServices services;

  NoticePages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show(
            "/console/notices",
            "ConsoleListNotices",
            visit -> list(visit, Fields.EMPTY, Set.of(), Optional.empty()))
        .act("/console/notices", "AddNotice", this::add)
        .act("/console/notices/{name}/secret", "ShowNoticeSecret", this::secret)
        .act("/console/notices/{name}/remove", "RemoveNotice", this::remove);
  }

  private void list(Visit visit, Fields form, Set<String> chosen, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    NoticesPage page =
        new NoticesPage(
            services.database().read(handle -> Notices.list(handle, owner)).stream()
                .map(NoticePages::row)
                .toList(),
            form,
            chosen,
            Attempt.commands(
                visit,
                "regild notice add "
                    + Attempt.word(form.value("name"), "NAME")
                    + " --to "
                    + Attempt.word(form.value("to"), "ADDRESS")
                    + String.join(
                        "",
                        chosen.stream()
                            .sorted()
                            .map(each -> " --event " + Commands.quoted(each))
                            .toList()),
                "regild notice list",
                "regild notice secret NAME",
                "regild notice remove NAME"));
    Visit.Template template = (out, frame) -> JtenoticesGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Notices", template);
    } else {
      visit.show(Section.POLICIES, "Notices", template);
    }
  }

  private static NoticesPage.Row row(Notice notice) {
    Map<String, Object> spec = notice.canonical();
    return new NoticesPage.Row(
        notice.name(),
        String.valueOf(spec.get("to")),
        spec.get("events") instanceof List<?> events
            ? events.stream().map(String::valueOf).toList()
            : List.of(),
        notice.delivered(),
        notice.waiting(),
        notice.givenUp(),
        notice.problem());
  }

  private void add(Visit visit) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String name = visit.form().text("name");
    String to = visit.form().text("to");
    List<String> events = visit.form().all("event");
    services.guard().resources(visit.request(), List.of(name));
    ObjectNode spec = JsonMapper.shared().createObjectNode().put("to", to);
    events.forEach(spec.withArrayProperty("events")::add);
    List<Notice> added = new ArrayList<>();
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              Map<String, Object> read = services.notices().canonical(name, spec);
              services.notices().requirePossible(name, read);
              added.add(
                  services
                      .database()
                      .inTransaction(handle -> {
                        services
                            .notices()
                            .add(handle, owner, name, read, services.clock().instant());
                        return Notices.require(handle, owner, name);
                      }));
            });
    if (error.isPresent()) {
      Fields form =
          new Fields(
              Map.of("name", name, "to", to), Map.of(field(error.get()), error.get().text()));
      list(visit, form, Set.copyOf(events), error);
    } else {
      show(visit, added.getFirst());
    }
  }

  private static String field(ApiException error) {
    String text = error.text();
    return error.type() == ErrorType.RESOURCE_ALREADY_EXISTS
            || text.contains("is not the name of a notice")
        ? "name"
        : text.contains(": events ") || error.type() == ErrorType.LIMIT_EXCEEDED ? "" : "to";
  }

  /** A post, so that a session which may only look does not see it. */
  private void secret(Visit visit) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    show(
        visit,
        Attempt.checked(
            () -> services.database().read(handle -> Notices.require(handle, owner, name))));
  }

  private void show(Visit visit, Notice notice) {
    NoticeSecretPage page =
        new NoticeSecretPage(
            notice.name(),
            String.valueOf(notice.canonical().get("to")),
            services.notices().secretText(notice),
            Attempt.commands(visit, "regild notice secret " + Commands.quoted(notice.name())));
    visit.show(
        Section.POLICIES,
        "Secret of the notice " + notice.name(),
        (out, frame) -> JtenoticesecretGenerated.render(out, null, frame, page));
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle -> services.notices().remove(handle, owner, name)));
    visit.redirect("/console/notices", dev.regild.console.Notices.NOTICE_REMOVED);
  }
}
