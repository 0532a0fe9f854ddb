package dev.regild.console.openid;

import dev.regild.account.Person;
import java.util.List;

/**
 * What a provider vouches for.
 *
 * @param person who logged in
 * @param groups the groups that the person is in, as the provider names them
 * @param idToken the token that says so; a logout at the provider names it
 */
public record Vouched(Person person, List<String> groups, String idToken) {
  public Vouched {
    groups = List.copyOf(groups);
  }
}
