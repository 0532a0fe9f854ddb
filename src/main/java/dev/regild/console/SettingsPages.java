package dev.regild.console;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Person;
import dev.regild.api.Caller;
import dev.regild.console.session.Session;
import dev.regild.console.view.Commands;
import dev.regild.console.view.DoctorPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.SettingsPage;
import dev.regild.image.quota.Quota;
import gg.jte.generated.precompiled.JtedoctorGenerated;
import gg.jte.generated.precompiled.JtesettingsGenerated;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code /console/settings}: the account's keys, sessions and quotas, and for operators the
 * accounts and what doctor says.
 */
final class SettingsPages implements Console.Pages {
  private final ConsoleServices services;

  SettingsPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/settings", "ConsoleShowSettings", this::show)
        .show("/console/doctor", "ConsoleShowDoctor", this::doctor)
        .act("/console/sessions/{id}/revoke", "RevokeSession", this::revoke);
  }

  private void doctor(Visit visit) throws InterruptedException {
    services.operators().require(visit.caller());
    Map<String, List<HostChecks.Check>> parts =
        services.host().look().stream()
            .collect(
                Collectors.groupingBy(
                    HostChecks.Check::part, LinkedHashMap::new, Collectors.toList()));
    DoctorPage page =
        new DoctorPage(
            parts.entrySet().stream()
                .map(part ->
                    new DoctorPage.Part(
                        part.getKey(),
                        part.getValue().stream()
                            .map(check ->
                                new DoctorPage.Row(
                                    check.what(), check.state(), check.detail(), check.isProblem()))
                            .toList()))
                .toList(),
            parts.values().stream()
                .flatMap(List::stream)
                .filter(HostChecks.Check::isProblem)
                .count());
    visit.show(
        Section.SETTINGS,
        "Doctor",
        (out, frame) -> JtedoctorGenerated.render(out, null, frame, page));
  }

  private List<SettingsPage.Tenant> accounts(Caller caller) {
    return services.accounts().list().stream()
        .map(each ->
            new SettingsPage.Tenant(
                each.id(),
                each.name(),
                each.status() == Account.Status.SUSPENDED,
                each.created(),
                services.accounts().keys(each.id()).size(),
                each.id().equals(caller.owner().accountId())))
        .toList();
  }

  private void show(Visit visit) {
    Caller caller = visit.caller();
    String account = caller.owner().accountId();
    boolean operator = services.operators().include(caller);
    Optional<Session> own = visit.identity().flatMap(Visit.Identity::session);
    List<AccessKey> keys = services.accounts().keys(account);
    Map<String, String> names =
        keys.stream()
            .filter(key -> key.person().isPresent())
            .collect(Collectors.toMap(AccessKey::id, SettingsPages::name));
    SettingsPage page =
        new SettingsPage(
            services.accounts().find(account).map(Account::name).orElse("Everybody"),
            account,
            keys.stream()
                .map(key ->
                    new SettingsPage.Key(
                        key.id(),
                        name(key),
                        key.readOnly(),
                        key.enabled(),
                        key.id().equals(caller.key())))
                .toList(),
            services.sessions().list(account).stream()
                .map(session ->
                    new SettingsPage.Login(
                        session.id(),
                        names.getOrDefault(session.keyId(), session.keyId()),
                        session.region(),
                        session.created(),
                        session.lastSeen(),
                        session.address(),
                        session.browser(),
                        own.isPresent() && own.get().id().equals(session.id())))
                .toList(),
            quotas(account),
            !caller.readOnly() && !caller.key().isEmpty(),
            !caller.readOnly()
                && keys.stream()
                    .anyMatch(key -> key.id().equals(caller.key()) && key.person().isEmpty()),
            operator,
            operator ? accounts(caller) : List.of(),
            new Commands("", "", "regild key create --account " + Commands.quoted(account)),
            services.images().clock().instant());
    visit.show(
        Section.SETTINGS,
        "Settings",
        (out, frame) -> JtesettingsGenerated.render(out, null, frame, page));
  }

  private static String name(AccessKey key) {
    return key.person().map(Person::name).orElse("");
  }

  private List<SettingsPage.Limit> quotas(String account) {
    return services
        .images()
        .database()
        .read(handle ->
            Stream.of(Quota.values())
                .map(quota ->
                    new SettingsPage.Limit(
                        quota.toString(),
                        services.images().quotas().limitOf(handle, account, quota)))
                .toList());
  }

  /** Whoever may only look may end the sessions of its own key alone. */
  private void revoke(Visit visit) {
    Caller caller = visit.caller();
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    Session session =
        services.sessions().list(caller.owner().accountId()).stream()
            .filter(each -> each.id().equals(id))
            .findFirst()
            .orElseThrow(() -> visit.notFound("The session no longer exists."));
    if (!session.keyId().equals(caller.key())) {
      visit.requireChanges();
    }
    services.sessions().end(session.id());
    visit.redirect("/console/settings", Notices.REVOKED);
  }
}
