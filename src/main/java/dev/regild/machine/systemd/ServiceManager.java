package dev.regild.machine.systemd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service manager that started this process: sd_notify(3), without its library. Where there is
 * none, every call does nothing.
 */
public final class ServiceManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

  private final Optional<UnixDatagrams> socket;
  private final Optional<Duration> watchdog;
  private final CountDownLatch closed = new CountDownLatch(1);

  private ServiceManager(Optional<UnixDatagrams> socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /**
   * Finds the manager.
   *
   * @param environment the process's variables, of which {@code NOTIFY_SOCKET}, {@code
   *     WATCHDOG_USEC} and {@code WATCHDOG_PID} are read
   * @throws IOException if the manager's socket can't be used
   */
  public static ServiceManager find(Map<String, String> environment) throws IOException {
    String address = environment.getOrDefault("NOTIFY_SOCKET", "");
    return address.isEmpty()
        ? new ServiceManager(Optional.empty(), Optional.empty())
        : new ServiceManager(
            Optional.of(UnixDatagrams.to(address)),
            watchdog(environment, ProcessHandle.current().pid()));
  }

  /** The time after which a process that is silent is ended: sd_watchdog_enabled(3). */
  static Optional<Duration> watchdog(Map<String, String> environment, long pid) {
    String whose = environment.getOrDefault("WATCHDOG_PID", "");
    String microseconds = environment.getOrDefault("WATCHDOG_USEC", "");
    if (!microseconds.matches("[1-9][0-9]{0,14}") || !(whose.isEmpty() || whose.equals("" + pid))) {
      return Optional.empty();
    }
    return Optional.of(Duration.of(Long.parseLong(microseconds), ChronoUnit.MICROS));
  }

  /**
   * Tells that the service has started. From then on, tells that it is alive, twice in each time of
   * the watchdog, as long as it is.
   *
   * @param status a few words for {@code systemctl status}
   * @param alive whether the service still does its work
   */
  public void started(String status, BooleanSupplier alive) {
    tell("READY=1\nSTATUS=" + status);
    watchdog.ifPresent(limit ->
        Thread.ofPlatform()
            .daemon()
            .name("watchdog")
            .start(() -> repeat(limit.dividedBy(2), alive)));
  }

  /** Tells that the service has begun to stop. The watchdog's messages end: it answers no more. */
  public void stopping() {
    closed.countDown();
    tell("STOPPING=1\nSTATUS=Stopping");
  }

  private void repeat(Duration pause, BooleanSupplier alive) {
    try {
      do {
        if (alive.getAsBoolean() && virtualThreadsRun(pause)) {
          tell("WATCHDOG=1");
        } else {
          LOG.error("the watchdog is not told of a process that does nothing more");
        }
      } while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** They answer all requests; if all that carry them are stuck, none is answered. */
  private static boolean virtualThreadsRun(Duration limit) throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    Thread.startVirtualThread(ran::countDown);
    return ran.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void tell(String state) {
    socket.ifPresent(manager -> {
      if (!manager.send(state.getBytes(StandardCharsets.UTF_8))) {
        LOG.atWarn()
            .addKeyValue("state", state.lines().findFirst().orElse(""))
            .log("the service manager does not listen");
      }
    });
  }

  /** Ends the watchdog's messages. */
  @Override
  public void close() {
    closed.countDown();
  }
}
