package dev.regild.server.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The lines that a class writes to a server's log from now on: message, and what each names.
 * Servers of other tests write to the same log, so a test asks for what only its own lines hold.
 */
final class LoggedLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final String own;
  private final @Nullable Level usual;

  /**
   * @param own that a line of this test holds, and a line of no other test
   */
  LoggedLines(Class<?> of, String own) {
    this.own = own;
    logger = (Logger) LoggerFactory.getLogger(of);
    usual = logger.getLevel();
    // As a server has it; the tests themselves write less.
    logger.setLevel(Level.INFO);
    start();
    logger.addAppender(this);
  }

  List<String> lines() {
    return lines;
  }

  @Override
  protected void append(ILoggingEvent event) {
    String line = event.getFormattedMessage() + " " + event.getKeyValuePairs();
    if (line.contains(own)) {
      lines.add(line);
    }
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setLevel(usual);
  }
}
