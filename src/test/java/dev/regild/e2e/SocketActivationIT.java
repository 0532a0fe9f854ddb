package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that the service manager listens for, started by the launcher as a unit does. */
class SocketActivationIT {
  /**
   * Stands in for systemd: holds a listening socket, gives it to a server as descriptor 3, waits
   * for READY=1, and starts the next server when the first has ended. A client of its own asks all
   * the while, each time on a new connection.
   */
  private static final String MANAGER =
      """
      import os, signal, socket, subprocess, sys, threading, time
      launcher, directory = sys.argv[1:]
      listener = socket.create_server(('127.0.0.1', 0))
      port = listener.getsockname()[1]
      notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      notify.bind(directory + '/notify')
      notify.settimeout(60)

      def start():
          # The process that systemd starts has the pid that the variable names.
          command = ('exec 3<&%d; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" serve --data "$1"'
                     % listener.fileno())
          return subprocess.Popen(
              ['bash', '-c', command, launcher, directory + '/data'],
              pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL,
              stderr=open(directory + '/log', 'ab'),
              env=dict(os.environ, NOTIFY_SOCKET=directory + '/notify', WATCHDOG_USEC='2000000'))

      def told(what):
          while True:
              if what in notify.recv(4096).decode().splitlines():
                  return

      answers, failures, ended = [0], [], threading.Event()

      def ask():
          while not ended.is_set():
              try:
                  with socket.create_connection(('127.0.0.1', port), 60) as connection:
                      connection.sendall(
                          b'GET /health/live HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
                      answer = connection.recv(12)
                      if answer != b'HTTP/1.1 200':
                          failures.append(repr(answer))
                      answers[0] += 1
              except OSError as error:
                  failures.append(repr(error))

      first = start()
      told('READY=1')
      told('WATCHDOG=1')
      asking = threading.Thread(target=ask)
      asking.start()
      time.sleep(0.5)
      first.send_signal(signal.SIGTERM)
      told('STOPPING=1')
      print('first ended with', first.wait(30))
      before = answers[0]
      second = start()
      told('READY=1')
      time.sleep(0.5)
      ended.set()
      asking.join()
      second.send_signal(signal.SIGTERM)
      second.wait(30)
      print('failures', failures)
      print('answered by both', before > 0 and answers[0] > before)
      print('address in the log', ('127.0.0.1:%d' % port) in open(directory + '/log').read())
      """;

  @TempDir Path directory;

  @Test
  void aRestartLosesNoConnection() throws Exception {
    HostTools.assumeInstalled("python3");
    String said = Python.run(directory, MANAGER, launcher().toString(), directory.toString());
    assertThat(said.lines())
        .containsExactly(
            "first ended with 143",
            "failures []",
            "answered by both True",
            "address in the log True");
  }

  /** As in a package: beside a Java of its own and the built jars, so that nothing is built. */
  private Path launcher() throws Exception {
    Path app = Files.createDirectory(directory.resolve("app"));
    Files.createSymbolicLink(app.resolve("jre"), Path.of(System.getProperty("java.home")));
    Files.createSymbolicLink(app.resolve("target"), Path.of("target").toAbsolutePath());
    return Files.copy(Path.of("regild"), app.resolve("regild"), StandardCopyOption.COPY_ATTRIBUTES);
  }
}
