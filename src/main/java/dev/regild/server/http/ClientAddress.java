package dev.regild.server.http;

import io.helidon.common.socket.PeerInfo;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.HexFormat;

/**
 * Where a client is, as far as limits count it: one IPv4 address, or the /64 network of an IPv6
 * address, since a single host has all of that (RFC 6177).
 *
 * @param text to compare and to log
 */
record ClientAddress(String text) {
  private static final int NETWORK_BYTES = 8;

  static ClientAddress of(PeerInfo peer) {
    if (peer.address() instanceof InetSocketAddress inet
        && inet.getAddress() instanceof Inet6Address six) {
      return new ClientAddress(
          HexFormat.of().formatHex(six.getAddress(), 0, NETWORK_BYTES) + "::/64");
    }
    return new ClientAddress(peer.host());
  }
}
