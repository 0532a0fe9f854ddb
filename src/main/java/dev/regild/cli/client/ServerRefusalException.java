package dev.regild.cli.client;

import java.util.Set;

/** The server refused a request. */
public final class ServerRefusalException extends Exception {
  /**
   * What a server answers while it starts, stops or is busy, and a proxy while its server is down.
   */
  private static final Set<String> TEMPORARY =
      Set.of(
          "ServiceUnavailableException",
          "ThrottlingException",
          "HTTP status 502",
          "HTTP status 503",
          "HTTP status 504");

  private final String type;

  ServerRefusalException(String type, String message) {
    super(message.isEmpty() ? type : type + ": " + message);
    this.type = type;
  }

  /** Whether the server takes no disks in several requests: it has no store, or is older. */
  boolean isOfOtherServer() {
    return type.equals("OperationNotPermittedException")
        || type.equals("UnknownOperationException")
        || type.equals("HTTP status 404");
  }

  /** Whether the server has other bytes of an upload than was thought. */
  boolean isOvertaken() {
    return type.equals("ConcurrentModificationException");
  }

  /** Whether another image has the name already. */
  boolean isOfTakenName() {
    return type.equals("ResourceAlreadyExistsException");
  }

  /** Whether something else uses what the request is about. */
  boolean isInUse() {
    return type.equals("ResourceInUseException");
  }

  /** Whether the server has nothing of what the request is about. */
  boolean isNotFound() {
    return type.equals("ResourceNotFoundException");
  }

  /** Whether the same request may be answered a little later. */
  boolean isTemporary() {
    return TEMPORARY.contains(type);
  }
}
