package dev.regild.server.protection;

import dev.regild.server.config.Config;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Who can reach the server, which speaks without TLS. */
record Listening(Config config) implements Protection {
  private static final String WHAT = "listen";

  @Override
  public Finding look() {
    String host = config.listen().host();
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return Finding.holds(WHAT, host + " is this machine's own");
      }
    } catch (UnknownHostException e) {
      return Finding.missing(WHAT, host + " is not an address of this machine; correct listen");
    }
    return config.auth() == Config.Auth.OFF
        ? Finding.open(WHAT, host + " with auth off lets everyone in; set auth: sigv4")
        : Finding.missing(
            WHAT, host + " is open to the network without TLS; put a reverse proxy in front of it");
  }
}
