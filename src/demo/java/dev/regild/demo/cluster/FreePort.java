package dev.regild.demo.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port of the loopback address on which nothing listens, below those that Linux gives to outgoing
 * connections (ip(7), ip_local_port_range): one of these could take the port before its server, or
 * while the server is away.
 */
public final class FreePort {
  private static final int FIRST = 20_000;
  private static final int END = 32_000;
  private static final int MOST_TRIES = 100;

  private FreePort() {}

  /**
   * Returns one.
   *
   * @throws IOException if none is found
   */
  public static int find() throws IOException {
    for (int i = 0; i < MOST_TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException(
        "Found no free port between %d and %d. End some of what listens there."
            .formatted(FIRST, END));
  }

  private static boolean isFree(int port) {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
