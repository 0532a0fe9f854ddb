package dev.regild.machine.systemd;

import java.io.BufferedReader;
import java.util.Base64;

/** Receives datagrams at a Unix socket, which Java can't; Debian's Python does it. */
final class DatagramReceiver implements AutoCloseable {
  private static final String SCRIPT =
      """
      import base64, socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind(sys.argv[1].replace('@', '\\0', 1) if sys.argv[1][0] == '@' else sys.argv[1])
      print('bound', flush=True)
      while True:
          print(base64.b64encode(s.recv(1 << 20)).decode(), flush=True)
      """;

  private final Process process;
  private final BufferedReader received;

  private DatagramReceiver(Process process) {
    this.process = process;
    this.received = process.inputReader();
  }

  static DatagramReceiver at(String address) throws Exception {
    DatagramReceiver receiver =
        new DatagramReceiver(new ProcessBuilder("python3", "-c", SCRIPT, address).start());
    if (!"bound".equals(receiver.received.readLine())) {
      throw new IllegalStateException("the receiver did not start");
    }
    return receiver;
  }

  /** Waits for the next datagram. */
  byte[] next() throws Exception {
    return Base64.getDecoder().decode(received.readLine());
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
