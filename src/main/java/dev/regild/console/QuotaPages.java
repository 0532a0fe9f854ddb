package dev.regild.console;

import dev.regild.account.Account;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.QuotasPage;
import dev.regild.console.view.Words;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import gg.jte.generated.precompiled.JtequotasGenerated;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code /console/accounts/ID/quotas}: the limits of an account, which operators change. */
final class QuotaPages implements Console.Pages {
  private final ConsoleServices services;

  QuotaPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/accounts/{id}/quotas", "ConsoleShowQuotas", this::show)
        .act("/console/accounts/{id}/quotas", "SetAccountQuotas", this::save);
  }

  private void show(Visit visit) {
    Account account = account(visit);
    QuotasPage page = page(account, typed(account), Map.of());
    visit.show(
        Section.SETTINGS,
        "Quotas",
        (out, frame) -> JtequotasGenerated.render(out, null, frame, page));
  }

  private Account account(Visit visit) {
    services.operators().require(visit.caller());
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    return services
        .accounts()
        .find(id)
        .orElseThrow(() -> visit.notFound("There is no account %s.".formatted(id)));
  }

  /** The account's own limits as they would be typed. */
  private Map<Quota, String> typed(Account account) {
    Map<Quota, String> typed = new EnumMap<>(Quota.class);
    services
        .images()
        .database()
        .read(handle -> AccountQuotas.list(handle, account.id()))
        .forEach((quota, limit) -> typed.put(quota, String.valueOf(limit)));
    return typed;
  }

  private QuotasPage page(Account account, Map<Quota, String> typed, Map<Quota, String> errors) {
    return new QuotasPage(
        account.name(),
        account.id(),
        Stream.of(Quota.values())
            .map(quota ->
                new QuotasPage.Limit(
                    quota.key(),
                    quota.toString().replace("gib", "GiB"),
                    typed.getOrDefault(quota, ""),
                    services.images().quotas().serverLimit(quota),
                    quota.most(),
                    errors.getOrDefault(quota, "")))
            .toList(),
        new Commands(
            "", "", "regild account quota %s %s=2000".formatted(account.id(), Quota.IMAGES.key())));
  }

  /** All of them in one transaction, or none if one is wrong. */
  private void save(Visit visit) {
    visit.requireChanges();
    Account account = account(visit);
    Map<Quota, String> typed = new EnumMap<>(Quota.class);
    Map<Quota, Optional<Integer>> limits = new EnumMap<>(Quota.class);
    Map<Quota, String> errors = new EnumMap<>(Quota.class);
    for (Quota quota : Quota.values()) {
      String text = visit.form().text(quota.key());
      typed.put(quota, text);
      if (text.isEmpty()) {
        limits.put(quota, Optional.empty());
      } else if (text.matches("\\d{1,9}") && Integer.parseInt(text) <= quota.most()) {
        limits.put(quota, Optional.of(Integer.parseInt(text)));
      } else {
        errors.put(
            quota,
            "This is not a number between 0 and %s. Correct it, or leave it empty for the server's limit."
                .formatted(Words.number(quota.most())));
      }
    }
    if (!errors.isEmpty()) {
      refuse(visit, page(account, typed, errors));
      return;
    }
    services
        .images()
        .database()
        .useTransaction(handle ->
            limits.forEach((quota, limit) ->
                limit.ifPresentOrElse(
                    value -> AccountQuotas.put(handle, account.id(), quota, value),
                    () -> AccountQuotas.remove(handle, account.id(), quota))));
    visit.redirect("/console/accounts/" + account.id() + "/quotas", Notices.QUOTAS_SAVED);
  }

  private void refuse(Visit visit, QuotasPage page) {
    ApiException error =
        new ApiException(ErrorType.VALIDATION, "A quota is not a number within its limits.");
    services.guard().refused(visit.response(), error);
    visit.showRefused(
        error,
        Section.SETTINGS,
        "Quotas",
        (out, frame) -> JtequotasGenerated.render(out, null, frame, page));
  }
}
