package dev.regild.cli;

import dev.regild.machine.systemd.Credentials;
import dev.regild.machine.systemd.InheritedListener;
import dev.regild.machine.systemd.ServiceManager;
import dev.regild.server.RegildServer;
import dev.regild.server.Role;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.Logging;
import java.io.IOException;
import java.util.Optional;

/** A process that is a node until it is told to end. It tells the service manager how it is. */
final class NodeProcess {
  private NodeProcess() {}

  static void run(Config read, Role role)
      throws ConfigException, IOException, InterruptedException {
    Optional<InheritedListener> inherited = InheritedListener.find();
    Config config = inherited.isPresent() ? listeningOn(inherited.get(), read) : read;
    Logging.start(config.logFormat());
    Credentials.giveToAws(Credentials.over(System.getenv()));
    try (ServiceManager manager = ServiceManager.find(System.getenv())) {
      RegildServer server = RegildServer.start(config, role);
      manager.started("Listening on " + config.listen(), server::isListening);
      server.awaitTermination(manager::stopping);
    }
  }

  /**
   * The address of the given socket, also for the question whether others can connect.
   *
   * @throws ConfigException if the configuration has another address
   */
  private static Config listeningOn(InheritedListener inherited, Config config)
      throws ConfigException {
    Config.Listen given = Config.Listen.of(inherited.address());
    Config.Listen wanted = config.listen();
    if (!wanted.isThatOf(inherited.address())
        && !wanted.equals(Config.Listen.DEFAULT)
        && !wanted.equals(Config.Listen.WORKER_DEFAULT)) {
      throw new ConfigException(
          ("listen is %s, but the socket unit listens on %s; set ListenStream= in the socket unit"
                  + " (systemctl edit regild.socket), and remove listen")
              .formatted(wanted, given));
    }
    return config.listeningOn(given);
  }
}
