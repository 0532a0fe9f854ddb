package dev.regild.api;

import dev.regild.db.DatabaseUnavailableException;
import dev.regild.image.RefusedException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where what went wrong becomes what a client reads. */
public final class ApiErrors {
  private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);

  private final WireJson json = new WireJson();

  /**
   * The error for whatever a request ended with. What clients must not see is logged, and answered
   * with the request's id alone.
   */
  public ApiException errorFor(Throwable thrown, String requestId) {
    return switch (thrown) {
      case ApiException error -> error;
      case RefusedException refusal ->
          new ApiException(typeOf(refusal.reason()), refusal.explanation());
      case DatabaseUnavailableException unavailable -> {
        LOG.atWarn()
            .addKeyValue("reason", unavailable.getMessage())
            .log("a request could not be answered");
        yield new ApiException(
            ErrorType.SERVICE_UNAVAILABLE,
            "The server's database does not answer. Try again in a few seconds.");
      }
      default -> {
        LOG.error("a request failed unexpectedly", thrown);
        yield new ApiException(
            ErrorType.INTERNAL_FAILURE,
            "The request failed because of an error in the server; its log has the cause under the"
                + " request id "
                + requestId
                + ".");
      }
    };
  }

  /** The body of an error in the AWS protocol. */
  public byte[] body(ApiException error) {
    return json.write(members(error, error.type().messageMember()));
  }

  /** The body of an error of our own endpoints: its message always begins with a capital. */
  public byte[] ownBody(ApiException error) {
    return json.write(members(error, "Message"));
  }

  private static ErrorType typeOf(RefusedException.Reason reason) {
    return switch (reason) {
      case NOT_FOUND -> ErrorType.RESOURCE_NOT_FOUND;
      case ALREADY_EXISTS -> ErrorType.RESOURCE_ALREADY_EXISTS;
      case NOT_PERMITTED -> ErrorType.OPERATION_NOT_PERMITTED;
      case IN_USE -> ErrorType.RESOURCE_IN_USE;
      case LIMIT_EXCEEDED -> ErrorType.LIMIT_EXCEEDED;
      case CONCURRENT_MODIFICATION -> ErrorType.CONCURRENT_MODIFICATION;
      case INCOMPATIBLE -> ErrorType.INCOMPATIBLE_IMAGE;
      case ACCOUNT_SUSPENDED -> ErrorType.INVALID_ACCOUNT_STATUS;
      case NOT_AVAILABLE -> ErrorType.RESOURCE_NOT_AVAILABLE;
      case INVALID_PARAMETER_COMBINATION -> ErrorType.INVALID_PARAMETER_COMBINATION;
      case DRY_RUN -> ErrorType.DRY_RUN_OPERATION;
    };
  }

  private static Map<String, String> members(ApiException error, String messageMember) {
    Map<String, String> members = new LinkedHashMap<>();
    members.put("__type", error.type().wireName());
    members.put(messageMember, error.text());
    return members;
  }
}
