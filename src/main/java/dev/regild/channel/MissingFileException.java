package dev.regild.channel;

/** The repository has no such file. */
final class MissingFileException extends ChannelException {
  MissingFileException(String message) {
    super(message);
  }
}
