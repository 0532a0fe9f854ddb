package dev.regild.cli;

/** The server refused a request. */
final class ServerRefusalException extends Exception {
  private final String type;

  ServerRefusalException(String type, String message) {
    super(message.isEmpty() ? type : type + ": " + message);
    this.type = type;
  }

  /** The error's name in the API: {@code ResourceNotFoundException}. */
  String type() {
    return type;
  }
}
