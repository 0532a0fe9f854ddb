package dev.regild.console;

import dev.regild.api.ErrorType;

/** The HTTP status of errors that are shown as pages. */
final class PageErrors {
  private PageErrors() {}

  static int status(ErrorType type) {
    return switch (type) {
      case RESOURCE_NOT_FOUND -> 404;
      case UNKNOWN_OPERATION -> 405;
      case RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, CONCURRENT_MODIFICATION -> 409;
      case THROTTLING -> 429;
      case OPERATION_NOT_PERMITTED, INVALID_ACCOUNT_STATUS -> 403;
      default -> type.status();
    };
  }
}
