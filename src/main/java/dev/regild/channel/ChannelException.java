package dev.regild.channel;

/** A channel can't be read, refreshed or fetched from; the message names the cause and a remedy. */
public class ChannelException extends Exception {
  public ChannelException(String message) {
    super(message);
  }

  public ChannelException(String message, Throwable cause) {
    super(message, cause);
  }
}
