package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.NewKeyPage;
import gg.jte.generated.precompiled.JtenewkeyGenerated;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/**
 * {@code /console/keys} and {@code /console/accounts}: makes, disables and deletes access keys, and
 * for operators accounts. What outlives a session asks for the secret of the session's key again,
 * so that whoever took a session over can't make itself at home.
 */
final class KeyPages implements Console.Pages {
  private static final int LONGEST_NAME = 100;

  private final ConsoleServices services;

  KeyPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .act("/console/keys", "CreateAccessKey", this::create)
        .act("/console/keys/{id}/disable", "DisableAccessKey", visit -> enable(visit, false))
        .act("/console/keys/{id}/enable", "EnableAccessKey", visit -> enable(visit, true))
        .act("/console/keys/{id}/delete", "DeleteAccessKey", this::delete)
        .act("/console/accounts", "CreateAccount", this::createAccount)
        .act("/console/accounts/{id}/suspend", "SuspendAccount", visit -> suspend(visit, true))
        .act("/console/accounts/{id}/resume", "ResumeAccount", visit -> suspend(visit, false));
  }

  private void create(Visit visit) {
    requireSecret(visit);
    Caller caller = visit.caller();
    Account account = services.accounts().require(caller.owner().accountId());
    show(visit, services.accounts().createKey(account, visit.form().checked("read-only")));
  }

  /** The answer is the only place that shows the secret, and no cache keeps it. */
  private void show(Visit visit, AccessKey key) {
    services.guard().resources(visit.request(), List.of(key.id()));
    NewKeyPage page =
        new NewKeyPage(
            key.account().name(),
            key.account().id(),
            key.id(),
            key.secret(),
            key.readOnly(),
            key.asCredentialsFile());
    visit.show(
        Section.SETTINGS,
        "New access key",
        (out, frame) -> JtenewkeyGenerated.render(out, null, frame, page));
  }

  private void enable(Visit visit, boolean enabled) {
    if (enabled) {
      requireSecret(visit);
    } else {
      visit.requireChanges();
    }
    String id = ownKey(visit);
    services.accounts().setEnabled(visit.caller().owner().accountId(), id, enabled);
    visit.redirect("/console/settings", Notices.KEY_CHANGED);
  }

  private void delete(Visit visit) {
    requireSecret(visit);
    String id = ownKey(visit);
    services.accounts().deleteKey(visit.caller().owner().accountId(), id);
    visit.redirect("/console/settings", Notices.KEY_DELETED);
  }

  /** A key of the account, but not the one that the session stands on. */
  private String ownKey(Visit visit) {
    String id = visit.path("id");
    Caller caller = visit.caller();
    services.guard().resources(visit.request(), List.of(id));
    if (services.accounts().keys(caller.owner().accountId()).stream()
        .noneMatch(key -> key.id().equals(id))) {
      throw visit.notFound("The account has no access key %s.".formatted(id));
    }
    if (id.equals(caller.key())) {
      throw new ApiException(
          ErrorType.RESOURCE_IN_USE,
          "This session uses the access key %s. Log in with another key first.".formatted(id));
    }
    return id;
  }

  private void createAccount(Visit visit) {
    services.operators().require(visit.caller());
    String name = visit.form().text("name");
    if (name.isEmpty()
        || name.length() > LONGEST_NAME
        || name.chars().anyMatch(Character::isISOControl)) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The name of an account must have 1 to %d characters. Go back and give it another."
              .formatted(LONGEST_NAME));
    }
    requireSecret(visit);
    Account account = services.accounts().create(name);
    show(visit, services.accounts().createKey(account, false));
  }

  private void suspend(Visit visit, boolean suspended) {
    visit.requireChanges();
    services.operators().require(visit.caller());
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    if (services.accounts().find(id).isEmpty()) {
      throw visit.notFound("There is no account %s.".formatted(id));
    }
    if (id.equals(visit.caller().owner().accountId())) {
      throw new ApiException(
          ErrorType.RESOURCE_IN_USE, "This is your own account. Suspend it from another one.");
    }
    if (suspended) {
      services.accounts().suspend(id);
    } else {
      services.accounts().resume(id);
    }
    visit.redirect("/console/settings", Notices.ACCOUNT_CHANGED);
  }

  /**
   * Nothing happens if the form has the secret of the session's own key.
   *
   * @throws ApiException if it has not; that counts like a wrong secret at the login
   */
  private void requireSecret(Visit visit) {
    visit.requireChanges();
    Optional<AccessKey> key = services.accounts().findKey(visit.caller().key());
    if (key.isEmpty()) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "This session has no access key to confirm this with. Use regild key on the server.");
    }
    if (key.get().person().isPresent()) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "Nobody knows the secret of the access key of %s, so it confirms nothing. Log in with another access key, or use regild key on the server."
              .formatted(key.get().person().get().name()));
    }
    byte[] given = visit.form().text("secret").getBytes(UTF_8);
    if (!MessageDigest.isEqual(key.get().secret().getBytes(UTF_8), given)) {
      services.guard().wrongCredentials(visit.request(), key.map(AccessKey::id));
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "The secret is not that of the access key %s. Go back and enter it again."
              .formatted(key.get().id()));
    }
  }
}
