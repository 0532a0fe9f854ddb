package dev.regild.server.protection;

import dev.regild.server.config.Config;
import dev.regild.server.tls.ServerTls;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Who can reach the server, and whether others can read what they say. */
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
    if (config.auth() == Config.Auth.OFF) {
      return Finding.open(WHAT, host + " with auth off lets everyone in; set auth: sigv4");
    }
    return ServerTls.isEncrypted(config.tls(), config.listen())
        ? Finding.holds(WHAT, host + " is open to the network, with TLS")
        : Finding.missing(
            WHAT,
            host
                + " is open to the network without TLS; remove tls: off, or put a reverse proxy in"
                + " front of it");
  }
}
