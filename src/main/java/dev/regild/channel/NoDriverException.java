package dev.regild.channel;

/**
 * An INF is not a driver's: that of a medium ({@code autorun.inf}), or a part that others include.
 */
final class NoDriverException extends ChannelException {
  NoDriverException(String message) {
    super(message);
  }
}
