package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.policy.InvalidPolicyException;
import java.util.function.Supplier;

/** The errors of policies, as clients read them. */
final class PolicyErrors {
  private PolicyErrors() {}

  /**
   * Returns what the work returns.
   *
   * @throws ApiException ValidationException if a rule or a name can't be as it was given
   */
  static <T> T checked(Supplier<T> work) {
    try {
      return work.get();
    } catch (InvalidPolicyException e) {
      throw new ApiException(ErrorType.VALIDATION, e.explanation());
    }
  }
}
