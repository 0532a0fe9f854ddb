package dev.regild.server.telemetry;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.regild.server.config.Config;

/**
 * The log of commands, until a server sets up its own: warnings and errors, on the standard error
 * output. Logback finds it as a service, and asks it where no configuration file is: to read one
 * would be a tenth of a command's time.
 */
@ConfiguratorRank(ConfiguratorRank.NOMINAL)
public final class CommandLog extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logging.configure(context, Config.LogFormat.TEXT, Logging.standardError());
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
