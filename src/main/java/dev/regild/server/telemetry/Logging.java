package dev.regild.server.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import dev.regild.machine.systemd.Journal;
import dev.regild.server.config.Config;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** A server's log: one line an event, on the standard error output. */
public final class Logging {
  private Logging() {}

  /** Logs to the standard error output, or to the journal that has it. */
  public static void start(Config.LogFormat format) {
    Optional<Journal> journal =
        format == Config.LogFormat.AUTO ? Journal.find(System.getenv()) : Optional.empty();
    start(format, standardError(), journal);
  }

  static OutputStreamAppender<ILoggingEvent> standardError() {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    return appender;
  }

  /** Logs to a file, which is made or added to. */
  public static void start(Config.LogFormat format, Path file) {
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setFile(file.toString());
    start(format, appender, Optional.empty());
  }

  /** Replaces whatever was set up before; the JDK's loggers go the same way. */
  private static void start(
      Config.LogFormat format,
      OutputStreamAppender<ILoggingEvent> appender,
      Optional<Journal> journal) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    configure(context, format, appender);
    journal.ifPresent(to -> sendTo(to, context, appender));
    context.getLogger("dev.regild").setLevel(Level.INFO);
  }

  private static void sendTo(
      Journal journal, LoggerContext context, Appender<ILoggingEvent> otherwise) {
    JournalAppender appender = new JournalAppender(journal, otherwise);
    appender.setContext(context);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAppender(otherwise);
    root.addAppender(appender);
  }

  /** Has warnings and errors written. */
  static void configure(
      LoggerContext context,
      Config.LogFormat format,
      OutputStreamAppender<ILoggingEvent> appender) {
    LogLines lines = new LogLines(format);
    lines.setContext(context);
    lines.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(lines);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    // It calls it an error that somebody writes a cron which never fires; they are told themselves.
    context
        .getLogger("com.github.kagkarlsson.scheduler.task.schedule.CronSchedule")
        .setLevel(Level.OFF);
    root.addAppender(appender);
  }
}
