package dev.regild.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class JournalAppenderTest {
  @Test
  void eachValueIsAFieldAndInTheText() {
    LoggingEvent event = event(Level.WARN, "step failed");
    event.setKeyValuePairs(
        List.of(new KeyValuePair("image", "golden 2"), new KeyValuePair("disk-bytes", 7)));
    event.setMDCPropertyMap(Map.of("request", "r-1"));
    assertThat(JournalAppender.entry(event))
        .containsEntry("MESSAGE", "step failed request=r-1 image=\"golden 2\" disk-bytes=7")
        .containsEntry("PRIORITY", "4")
        .containsEntry("SYSLOG_IDENTIFIER", "regild")
        .containsEntry("REGILD_IMAGE", "golden 2")
        .containsEntry("REGILD_DISK_BYTES", "7")
        .containsEntry("REGILD_REQUEST", "r-1")
        .containsEntry("REGILD_LOGGER", "Upkeep")
        .hasSize(7);
  }

  private static LoggingEvent event(Level level, String message) {
    LoggerContext context = new LoggerContext();
    return new LoggingEvent(
        JournalAppenderTest.class.getName(),
        context.getLogger("dev.regild.server.Upkeep"),
        level,
        message,
        null,
        null);
  }
}
