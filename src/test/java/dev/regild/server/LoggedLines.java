package dev.regild.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The lines that a class writes to a server's log from now on: message, and what each names. */
final class LoggedLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final @Nullable Level usual;

  LoggedLines(Class<?> of) {
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
    lines.add(event.getFormattedMessage() + " " + event.getKeyValuePairs());
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setLevel(usual);
  }
}
