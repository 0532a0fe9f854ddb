package dev.regild.machine.systemd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceManagerTest {
  @TempDir Path directory;

  @Test
  void startStopAndLifeAreToldToTheManagersSocket() throws Exception {
    String socket = directory.resolve("notify").toString();
    try (DatagramReceiver receiver = DatagramReceiver.at(socket);
        ServiceManager manager =
            ServiceManager.find(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "40000"))) {
      manager.started("Listening on 127.0.0.1:8790", () -> true);
      assertThat(text(receiver)).isEqualTo("READY=1\nSTATUS=Listening on 127.0.0.1:8790");
      assertThat(text(receiver)).isEqualTo("WATCHDOG=1");
      assertThat(text(receiver)).isEqualTo("WATCHDOG=1");
    }
  }

  @Test
  void anAbstractSocketIsFound() throws Exception {
    String socket = "@regild-test-" + ProcessHandle.current().pid();
    try (DatagramReceiver receiver = DatagramReceiver.at(socket);
        ServiceManager manager = ServiceManager.find(Map.of("NOTIFY_SOCKET", socket))) {
      manager.stopping();
      assertThat(text(receiver)).startsWith("STOPPING=1\n");
    }
  }

  @Test
  void theWatchdogHearsNothingOfAServiceThatDoesNotListenAnyMore() throws Exception {
    String socket = directory.resolve("notify").toString();
    AtomicBoolean alive = new AtomicBoolean(false);
    try (DatagramReceiver receiver = DatagramReceiver.at(socket);
        ServiceManager manager =
            ServiceManager.find(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "40000"))) {
      manager.started("", alive::get);
      assertThat(text(receiver)).startsWith("READY=1");
      // Long enough for several messages, of which there is none: the next one is the test's own.
      Thread.sleep(150);
      manager.stopping();
      assertThat(text(receiver)).startsWith("STOPPING=1");
    }
  }

  @Test
  void whatStopsIsNotTakenForStuck() throws Exception {
    String socket = directory.resolve("notify").toString();
    try (DatagramReceiver receiver = DatagramReceiver.at(socket);
        ServiceManager manager =
            ServiceManager.find(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "400000"))) {
      manager.started("", () -> true);
      assertThat(text(receiver)).startsWith("READY=1");
      assertThat(text(receiver)).isEqualTo("WATCHDOG=1");
      assertThat(watchdogs()).isNotEmpty();
      manager.stopping();
      for (Thread watchdog : watchdogs()) {
        assertThat(watchdog.join(Duration.ofMinutes(2))).as("nobody asks any more").isTrue();
      }
    }
  }

  @Test
  void aManagerThatIsGoneHoldsNobodyUp() throws Exception {
    String socket = directory.resolve("nobody").toString();
    try (ServiceManager manager = ServiceManager.find(Map.of("NOTIFY_SOCKET", socket))) {
      manager.started("", () -> true);
      manager.stopping();
    }
  }

  @Test
  void anAddressThatIsTooLongIsRefusedByName() {
    String socket = "/run/" + "x".repeat(120);
    assertThatThrownBy(() -> ServiceManager.find(Map.of("NOTIFY_SOCKET", socket)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(socket);
  }

  @ParameterizedTest
  @CsvSource({
    "60000000, '', 60000",
    "60000000, 42, 60000",
    "60000000, 43, 0",
    "0, '', 0",
    "-5, '', 0",
    "soon, '', 0"
  })
  void theWatchdogsTimeIsReadIfItIsOurs(String microseconds, String pid, long expected) {
    Map<String, String> environment = Map.of("WATCHDOG_USEC", microseconds, "WATCHDOG_PID", pid);
    assertThat(ServiceManager.watchdog(environment, 42).map(Duration::toMillis).orElse(0L))
        .isEqualTo(expected);
  }

  private static List<Thread> watchdogs() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("watchdog"))
        .toList();
  }

  private static String text(DatagramReceiver receiver) throws Exception {
    return new String(receiver.next(), UTF_8);
  }
}
