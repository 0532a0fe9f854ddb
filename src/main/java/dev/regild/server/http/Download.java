package dev.regild.server.http;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Sends what is too large to be held in memory. */
public final class Download {
  private Download() {}

  /** What is sent. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException, InterruptedException;
  }

  /**
   * Sends it.
   *
   * @throws CloseConnectionException if the client is gone, or takes it too slowly: that ends the
   *     connection, and is not a failure of the server
   */
  public static void send(ServerResponse response, Content content)
      throws IOException, InterruptedException {
    try (OutputStream out = response.outputStream()) {
      content.writeTo(out);
    } catch (ServerConnectionException | UncheckedIOException e) {
      throw new CloseConnectionException("the client of a download disconnected", e);
    }
  }
}
