package dev.regild.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class EventsTest {
  private static final String ACCOUNT = "731143194085";
  private static final String REGION = "us-east-1";

  @TempDir Path directory;

  /** As while nodes are upgraded one after the other. */
  @Test
  void anEventOfANewerVersionStopsNothingAndIsNotPassedOver() throws Exception {
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      database.useTransaction(handle -> {
        for (String subject : List.of("first", "newer", "last")) {
          Events.append(
              handle,
              new Event(EventType.UPDATE_ACCEPTED, ACCOUNT, REGION, subject, Map.of()),
              Instant.EPOCH);
        }
        handle.execute("UPDATE event SET type = 'NEWER' WHERE subject = 'newer'");
      });
      database.useTransaction(handle -> {
        assertThat(subjects(Events.after(handle, ACCOUNT, REGION, 0, 10))).containsExactly("first");
        assertThat(
                subjects(
                    Events.before(
                        handle, ACCOUNT, REGION, Optional.empty(), "", Long.MAX_VALUE, 10)))
            .containsExactly("last", "first");
        assertThat(subjects(Events.of(handle, List.of(1L, 2L, 3L))))
            .containsExactly("first", "last");
      });
    }
  }

  private static List<String> subjects(List<RecordedEvent> events) {
    return events.stream().map(each -> each.event().subject()).toList();
  }
}
