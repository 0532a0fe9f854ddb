package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.OpenDoor;
import dev.regild.db.Database;
import java.util.Optional;
import java.util.Set;

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
  void require(Caller caller) {
    String account = caller.owner().accountId();
    boolean isOperator =
        account.equals(OpenDoor.ACCOUNT)
            || named.contains(account)
            || (named.isEmpty() && first().filter(account::equals).isPresent());
    if (!isOperator) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "The account %s is not an operator's. Use one that the server's configuration names in operators."
              .formatted(account));
    }
  }

  private Optional<String> first() {
    return database.read(handle ->
        handle
            .createQuery("SELECT id FROM account ORDER BY created, id LIMIT 1")
            .mapTo(String.class)
            .findFirst());
  }
}
