package dev.regild.console.openid;

import dev.regild.account.Person;
import java.util.List;

/**
 * What a provider vouches for.
 *
 * @param person who logged in
 * @param groups the groups that the person is in, as the provider names them
 */
public record Vouched(Person person, List<String> groups) {
  public Vouched {
    groups = List.copyOf(groups);
  }
}
