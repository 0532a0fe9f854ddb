package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import io.helidon.common.buffers.DataReader.IncorrectNewLineException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.RequestException;
import io.helidon.webserver.ServerConnectionException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A request's body as it comes. Chunks that can't be told apart are the client's mistake: the
 * server's reader of chunks throws what would else look like a mistake of ours. It knows neither
 * extensions of chunks nor trailers (RFC 9112, section 7.1).
 */
final class BodyStream extends FilterInputStream {
  private final Runnable pieceBegins;

  /**
   * Around the server's own stream.
   *
   * @param pieceBegins is run before each read
   */
  BodyStream(InputStream in, Runnable pieceBegins) {
    super(in);
    this.pieceBegins = pieceBegins;
  }

  @Override
  public int read() throws IOException {
    pieceBegins.run();
    try {
      return in.read();
    } catch (RuntimeException e) {
      throw meaning(e);
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    pieceBegins.run();
    try {
      return in.read(buffer, offset, length);
    } catch (RuntimeException e) {
      throw meaning(e);
    }
  }

  /** To close a stream of the server's means to read on, for as long as the client sends. */
  @Override
  public void close() {}

  private RuntimeException meaning(RuntimeException thrown) throws EOFException {
    return switch (thrown) {
      case NumberFormatException _, RequestException _, IncorrectNewLineException _ ->
          new ApiException(
              ErrorType.SERIALIZATION,
              "The body's chunks are malformed. Send the size of each as hexadecimal digits and"
                  + " nothing else, and no trailers.");
      case InsufficientDataAvailableException _, ServerConnectionException _ ->
          throw new EOFException("the connection closed before the body was complete");
      default -> thrown;
    };
  }
}
