package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;
import static dev.regild.image.Registry.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class TagRecordsTest {
  private static final String ARN = "arn:aws:appstream:eu-central-1:111111111111:image/golden";

  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
  }

  @Test
  void aKeyHasOneValueTheLast() {
    put(Map.of("team", "a", "\ud83d\ude00 %", ""));
    put(Map.of("team", "b"));
    put(Map.of());
    assertThat(list())
        .containsExactlyInAnyOrderEntriesOf(Map.of("team", "b", "\ud83d\ude00 %", ""));
  }

  @Test
  void whatIsRemovedIsGoneAndTheRestStays() {
    put(Map.of("a", "1", "b", "2"));
    registry.database.useTransaction(h -> TagRecords.remove(h, ARN, List.of("a", "none")));
    registry.database.useTransaction(h -> TagRecords.remove(h, ARN, List.of()));
    assertThat(list()).containsExactlyEntriesOf(Map.of("b", "2"));
  }

  @Test
  void theFiftyFirstTagIsRefusedWithAllThatCameWithIt() {
    put(numbered(0, 49));
    assertRefused(LIMIT_EXCEEDED, () -> put(numbered(40, 51)), "51");
    assertThat(list()).hasSize(49);
    put(numbered(40, 50));
    assertThat(list()).hasSize(50);
  }

  private static Map<String, String> numbered(int from, int to) {
    return IntStream.range(from, to).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v" + i));
  }

  private void put(Map<String, String> tags) {
    Quotas quotas = new Quotas(new QuotaLimits(Map.of()));
    registry.database.useTransaction(h -> quotas.tag(h, Registry.ALICE, ARN, tags));
  }

  private SortedMap<String, String> list() {
    return registry.read(h -> TagRecords.list(h, ARN));
  }
}
