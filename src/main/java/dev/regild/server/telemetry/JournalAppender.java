package dev.regild.server.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import dev.regild.machine.systemd.Journal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sends events to the journal, each value as a field: {@code journalctl REGILD_IMAGE=golden-2}. The
 * text has them, too, for those who read it.
 */
final class JournalAppender extends AppenderBase<ILoggingEvent> {
  private static final String PREFIX = "REGILD_";

  /** The journal has these itself, or the text begins with them. */
  private static final Set<String> NOT_IN_TEXT =
      Set.of("time", "level", "logger", "message", "exception");

  private final Journal journal;
  private final Appender<ILoggingEvent> otherwise;

  /**
   * @param otherwise gets what the journal does not take
   */
  JournalAppender(Journal journal, Appender<ILoggingEvent> otherwise) {
    this.journal = journal;
    this.otherwise = otherwise;
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (!journal.send(entry(event))) {
      otherwise.doAppend(event);
    }
  }

  /** Returns the fields of an event, by the names that the journal allows. */
  static Map<String, String> entry(ILoggingEvent event) {
    Map<String, Object> fields = LogLines.fields(event);
    Map<String, String> entry = new LinkedHashMap<>();
    entry.put("MESSAGE", text(fields));
    entry.put("PRIORITY", priority(event.getLevel()));
    entry.put("SYSLOG_IDENTIFIER", "regild");
    fields.forEach((name, value) -> {
      if (!name.equals("time") && !name.equals("level") && !name.equals("message")) {
        entry.put(fieldName(name), String.valueOf(value));
      }
    });
    return entry;
  }

  private static String text(Map<String, Object> fields) {
    String values =
        fields.entrySet().stream()
            .filter(field -> !NOT_IN_TEXT.contains(field.getKey()))
            .map(field ->
                " " + field.getKey() + "=" + LogLines.quoted(String.valueOf(field.getValue())))
            .collect(Collectors.joining());
    Object exception = fields.get("exception");
    return fields.get("message") + values + (exception == null ? "" : "\n" + exception);
  }

  private static String fieldName(String name) {
    return PREFIX + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /** As syslog(3) numbers them. */
  private static String priority(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> "3";
      case Level.WARN_INT -> "4";
      case Level.INFO_INT -> "6";
      default -> "7";
    };
  }

  @Override
  public void stop() {
    super.stop();
    journal.close();
  }
}
