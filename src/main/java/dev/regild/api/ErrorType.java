package dev.regild.api;

/**
 * Every error that travels to a client. The modelled ones stand in the service model; the others
 * are those of every AWS JSON service.
 */
public enum ErrorType {
  CONCURRENT_MODIFICATION("ConcurrentModificationException", 400, true),
  DRY_RUN_OPERATION("DryRunOperationException", 400, true),
  INCOMPATIBLE_IMAGE("IncompatibleImageException", 400, true),
  INVALID_ACCOUNT_STATUS("InvalidAccountStatusException", 400, true),
  INVALID_PARAMETER_COMBINATION("InvalidParameterCombinationException", 400, true),
  INVALID_ROLE("InvalidRoleException", 400, true),
  LIMIT_EXCEEDED("LimitExceededException", 400, true),
  OPERATION_NOT_PERMITTED("OperationNotPermittedException", 400, true),
  RESOURCE_ALREADY_EXISTS("ResourceAlreadyExistsException", 400, true),
  RESOURCE_IN_USE("ResourceInUseException", 400, true),
  RESOURCE_NOT_AVAILABLE("ResourceNotAvailableException", 400, true),
  RESOURCE_NOT_FOUND("ResourceNotFoundException", 400, true),

  VALIDATION("ValidationException", 400, false),
  SERIALIZATION("SerializationException", 400, false),
  UNKNOWN_OPERATION("UnknownOperationException", 400, false),
  REQUEST_ENTITY_TOO_LARGE("RequestEntityTooLargeException", 413, false),
  INVALID_RANGE("InvalidRangeException", 416, false),
  ACCESS_DENIED("AccessDeniedException", 403, false),
  MISSING_AUTHENTICATION_TOKEN("MissingAuthenticationTokenException", 403, false),
  INCOMPLETE_SIGNATURE("IncompleteSignatureException", 403, false),
  UNRECOGNIZED_CLIENT("UnrecognizedClientException", 403, false),
  INVALID_SIGNATURE("InvalidSignatureException", 403, false),
  INTERNAL_FAILURE("InternalFailure", 500, false),
  SERVICE_UNAVAILABLE("ServiceUnavailableException", 503, false),
  THROTTLING("ThrottlingException", 503, false);

  private final String wireName;
  private final int status;
  private final boolean modelled;

  ErrorType(String wireName, int status, boolean modelled) {
    this.wireName = wireName;
    this.status = status;
    this.modelled = modelled;
  }

  /** The name that clients know it by: {@code __type} and {@code x-amzn-ErrorType}. */
  public String wireName() {
    return wireName;
  }

  /** The HTTP status of the AWS protocol. */
  public int status() {
    return status;
  }

  /** The member that carries the message: modelled errors write it with a capital. */
  String messageMember() {
    return modelled ? "Message" : "message";
  }
}
