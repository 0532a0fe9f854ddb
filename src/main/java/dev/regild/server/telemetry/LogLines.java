package dev.regild.server.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import dev.regild.server.config.Config;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.event.KeyValuePair;
import tools.jackson.databind.json.JsonMapper;

/** Writes an event as one line, {@code key=value} or JSON; a stack trace is part of the line. */
final class LogLines extends LayoutBase<ILoggingEvent> {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Config.LogFormat format;

  LogLines(Config.LogFormat format) {
    this.format = format;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    Map<String, Object> fields = fields(event);
    return switch (format) {
          case AUTO, TEXT ->
              fields.entrySet().stream()
                  .map(field -> field.getKey() + "=" + quoted(String.valueOf(field.getValue())))
                  .collect(Collectors.joining(" "));
          case JSON -> JSON.writeValueAsString(fields);
        }
        + "\n";
  }

  /** Returns what an event has, by name; its time and level first. */
  static Map<String, Object> fields(ILoggingEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("time", event.getInstant().toString());
    fields.put("level", event.getLevel().toString());
    fields.put("logger", simpleName(event.getLoggerName()));
    fields.put("message", String.valueOf(event.getFormattedMessage()));
    fields.putAll(event.getMDCPropertyMap());
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        fields.put(
            pair.key, pair.value instanceof Number ? pair.value : String.valueOf(pair.value));
      }
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      fields.put("exception", ThrowableProxyUtil.asString(thrown));
    }
    return fields;
  }

  private static String simpleName(String logger) {
    return logger.substring(logger.lastIndexOf('.') + 1);
  }

  /** As it is where that is unmistakable, else as a JSON string, which has no line breaks. */
  static String quoted(String value) {
    boolean plain =
        !value.isEmpty()
            && value
                .chars()
                .allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\');
    return plain ? value : JSON.writeValueAsString(value);
  }
}
