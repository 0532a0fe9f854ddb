package dev.regild.api;

import dev.regild.db.Database;
import dev.regild.image.Owner;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * The accounts that see and drain nodes, which all accounts share.
 *
 * @param named by the configuration; if it names none, the first account of the registry
 */
public record Operators(Database database, Set<String> named) {
  /**
   * Requires that the caller's account is an operator's. Where everybody is let in, everybody is.
   *
   * @throws ApiException AccessDeniedException if it is not
   */
  public void require(Caller caller) {
    if (!include(caller)) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "The account %s is not an operator's. Use one that the server's configuration names in operators."
              .formatted(caller.owner().accountId()));
    }
  }

  /** Returns whether the caller's account is an operator's. */
  public boolean include(Caller caller) {
    return database.read(handle -> include(handle, caller.owner()));
  }

  /** Returns whether an account is an operator's. */
  public boolean include(Handle handle, Owner owner) {
    String account = owner.accountId();
    return account.equals(OpenDoor.ACCOUNT)
        || named.contains(account)
        || (named.isEmpty() && first(handle).filter(account::equals).isPresent());
  }

  private static Optional<String> first(Handle handle) {
    return handle
        .createQuery("SELECT id FROM account ORDER BY created, id LIMIT 1")
        .mapTo(String.class)
        .findFirst();
  }
}
