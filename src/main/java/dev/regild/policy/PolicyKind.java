package dev.regild.policy;

import dev.regild.image.Owner;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/**
 * A kind of policy that files can hold: rings, schedules, retention policies, notices. A policy has
 * a name, unique for its owner and kind, and a spec.
 */
public interface PolicyKind {
  /** Returns the word for it in files: {@code Schedule}. */
  String kind();

  /**
   * Returns the spec in its canonical form: two specs that mean the same are equal in it. Looks at
   * nothing but the spec.
   *
   * @throws InvalidPolicyException if it can't be a policy of this kind
   */
  Map<String, Object> canonical(String name, JsonNode spec);

  /**
   * Looks at what can't be looked at in a transaction, such as whether a host exists.
   *
   * @param spec in canonical form
   * @throws InvalidPolicyException if the policy could not work
   */
  default void requirePossible(String name, Map<String, Object> spec) {}

  /**
   * Looks whether policies that files want can all be. Looks at nothing but their specs.
   *
   * @param wanted canonical specs by name
   * @throws InvalidPolicyException if two of them contradict each other
   */
  default void requireCompatible(Map<String, Map<String, Object>> wanted) {}

  /** Returns the canonical specs of all policies of an owner, by name. */
  Map<String, Map<String, Object>> all(Handle handle, Owner owner);

  /**
   * Creates a policy, or gives it another spec.
   *
   * @param spec in canonical form
   * @throws InvalidPolicyException if it can't be put there, whatever others are there
   */
  void put(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now);

  /** Removes a policy that exists. */
  void remove(Handle handle, Owner owner, String name);

  /**
   * Looks at policies that were put or removed, beside all others: some contradict each other only
   * until all are there.
   *
   * @param names of those that were put or removed
   * @throws InvalidPolicyException if two policies contradict each other
   */
  default void requireConsistent(Handle handle, Owner owner, Collection<String> names) {}
}
