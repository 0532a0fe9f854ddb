package dev.regild.channel;

/** What came is not what a signed index promised: damage, an attack, or a mirror being updated. */
final class HashMismatchException extends ChannelException {
  HashMismatchException(String message) {
    super(message);
  }
}
