package dev.regild.console.policy;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Visit;
import dev.regild.console.view.Commands;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Runs what pages ask of the policies; what is refused becomes an error of the API. */
final class Attempt {
  private static final ApiErrors ERRORS = new ApiErrors();

  private Attempt() {}

  /**
   * Returns what the work returns.
   *
   * @throws ApiException if the work is refused
   */
  static <T> T checked(Supplier<T> work) {
    try {
      return work.get();
    } catch (InvalidPolicyException e) {
      throw new ApiException(ErrorType.VALIDATION, e.explanation());
    } catch (RefusedException e) {
      throw ERRORS.errorFor(e, "");
    }
  }

  /** The same for work that returns nothing. */
  static void run(Runnable work) {
    var _ =
        checked(() -> {
          work.run();
          return true;
        });
  }

  /** Runs work; returns why it was refused. */
  static Optional<ApiException> error(Runnable work) {
    try {
      run(work);
      return Optional.empty();
    } catch (ApiException e) {
      return Optional.of(e);
    }
  }

  /** The same; the answer to the request is marked as an error, too. */
  static Optional<ApiException> refused(PolicyServices services, Visit visit, Runnable work) {
    Optional<ApiException> error = error(work);
    error.ifPresent(it -> services.guard().refused(visit.response(), it));
    return error;
  }

  /** Commands of ours for this server, one a line. */
  static Commands commands(Visit visit, String... commands) {
    String endpoint = " --endpoint " + Commands.quoted(visit.origin());
    List<String> lines = new ArrayList<>();
    for (String command : commands) {
      lines.add(command + endpoint);
    }
    return new Commands("", "", String.join("\n", lines));
  }

  /** A word of a command; a name in capitals where nothing was said yet. */
  static String word(String text, String otherwise) {
    return text.isEmpty() ? otherwise : Commands.quoted(text);
  }
}
