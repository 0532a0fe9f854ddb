package dev.regild.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenTest {
  /** A socket that systemd listens on is compared with the configuration. */
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 8790, true",
    "127.0.0.2, 8790, false",
    "127.0.0.1, 8791, false",
    "::1, 8790, true",
    "0:0:0:0:0:0:0:1, 8790, true",
    "::, 8790, false"
  })
  void anAddressIsThatOfASocketWhateverItsText(String host, int port, boolean expected)
      throws Exception {
    String socket = host.contains(":") ? "::1" : "127.0.0.1";
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(socket), 8790);
    assertThat(new Config.Listen(host, port).isThatOf(address)).isEqualTo(expected);
  }
}
