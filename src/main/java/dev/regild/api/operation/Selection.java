package dev.regild.api.operation;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.util.List;
import java.util.Optional;

/** The names or ARNs that a request is about. */
final class Selection {
  /** The model has no limit; a database's statement has one. */
  private static final int MOST = 1000;

  private Selection() {}

  /**
   * What was selected, each once.
   *
   * @param member the request's member
   * @throws ApiException ValidationException if there are more than 1000
   */
  static List<String> of(String member, Optional<List<String>> values) {
    List<String> distinct = values.orElse(List.of()).stream().distinct().toList();
    if (distinct.size() > MOST) {
      throw new ApiException(
          ErrorType.VALIDATION,
          ("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must"
                  + " have length less than or equal to %d")
              .formatted(member, MOST));
    }
    return distinct;
  }
}
