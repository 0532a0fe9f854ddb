package dev.regild.console;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;

/** Refusals of the rooms below as errors of the API. */
final class Refusals {
  private static final ApiErrors ERRORS = new ApiErrors();

  private Refusals() {}

  static ApiException of(RuntimeException refusal) {
    return ERRORS.errorFor(refusal, "");
  }
}
