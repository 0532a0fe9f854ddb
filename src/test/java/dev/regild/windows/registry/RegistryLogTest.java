package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HiveBuilder;
import dev.regild.fixtures.HostTools;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs in the published form, of changes between two hives that hivex has written. */
class RegistryLogTest {
  private static final int PAGE = 4096;

  @TempDir Path directory;
  private Path hive = Path.of("");
  private Path log1 = Path.of("");
  private Path log2 = Path.of("");

  @BeforeEach
  void requireHivex() {
    HostTools.assumeInstalled("hivexsh");
    hive = directory.resolve("hive");
    log1 = directory.resolve("hive.LOG1");
    log2 = directory.resolve("hive.LOG2");
  }

  @Test
  void aHiveGetsWhatIsInBothOfItsLogs() throws Exception {
    byte[] first = build(1);
    byte[] second = build(2);
    byte[] third = build(300); // has more pages
    Files.write(hive, numbered(first, 8, 7));
    write(log2, entry(7, first, second));
    write(log1, entry(8, second, third));

    RegistryLog.apply("TEST", hive, List.of(log1, log2));

    assertThat(revision()).isEqualTo(300);
    assertThat(RegistryHive.open("TEST", hive).root().subkeysOf("Keys")).hasSize(300);
  }

  @Test
  void entriesAfterAGapAndOfAnOlderUseAreLeftOut() throws Exception {
    byte[] first = build(1);
    byte[] second = build(2);
    byte[] third = build(3);
    Files.write(hive, numbered(first, 8, 7));
    write(log1, entry(8, first, second), entry(3, first, third));
    write(log2, entry(10, second, third));

    RegistryLog.apply("TEST", hive, List.of(log1, log2));

    assertThat(revision()).isEqualTo(2);
  }

  @Test
  void aWholeHiveStaysAsItIs() throws Exception {
    byte[] first = build(1);
    Files.write(hive, numbered(first, 8, 8));
    write(log1, entry(8, first, build(2)));
    RegistryLog.apply("TEST", hive, List.of(log1));
    assertThat(Files.readAllBytes(hive)).isEqualTo(numbered(first, 8, 8));
  }

  @Test
  void aHiveThatIsNotWholeAndHasNoLogIsRefused() throws Exception {
    byte[] first = build(1);
    Files.write(hive, numbered(first, 8, 7));
    write(log1, entry(5, first, build(2)));
    assertThatThrownBy(() -> RegistryLog.apply("TEST", hive, List.of(log1)))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessageContaining("TEST is incomplete");
    byte[] lying = entry(7, first, build(2));
    ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putInt(44, Integer.MAX_VALUE);
    write(log1, lying);
    assertThatThrownBy(() -> RegistryLog.apply("TEST", hive, List.of(log1)))
        .hasMessageContaining("TEST is incomplete");
  }

  /** A page of no size takes 8 bytes of a log, and ten times that in memory. */
  @Test
  void anEntryOfPagesWithoutContentCountsAsNone() throws Exception {
    byte[] first = build(1);
    Files.write(hive, numbered(first, 8, 7));
    ByteBuffer entry = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    entry.put("HvLE".getBytes(US_ASCII)).putInt(1024).putInt(0).putInt(7);
    entry.putInt(first.length - PAGE).putInt(120);
    write(log1, entry.array());
    assertThatThrownBy(() -> RegistryLog.apply("TEST", hive, List.of(log1)))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessageContaining("TEST is incomplete");
  }

  @Test
  void aHiveWhoseHeaderIsNotWholeIsRefused() throws Exception {
    byte[] first = build(1);
    byte[] torn = numbered(first, 8, 7);
    torn[8] = 8; // which would make it a whole one
    Files.write(hive, torn);
    write(log1, entry(7, first, build(2)));
    assertThatThrownBy(() -> RegistryLog.apply("TEST", hive, List.of(log1)))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessage("the registry hive TEST is damaged: the checksum of its header is wrong");
  }

  @Test
  void theFirstEntryMayBeNewerThanTheHive() throws Exception {
    byte[] first = build(1);
    Files.write(hive, numbered(first, 12, 7));
    write(log1, entry(10, first, build(2)));

    RegistryLog.apply("TEST", hive, List.of(log1));

    assertThat(revision()).isEqualTo(2);
    RegistryLog.apply("TEST", hive, List.of(log1)); // its header is a whole one's
  }

  private long revision() throws Exception {
    return RegistryHive.open("TEST", hive)
        .root()
        .find("Revision")
        .orElseThrow()
        .number("Number")
        .orElseThrow();
  }

  private byte[] build(int revision) throws Exception {
    HiveBuilder content = new HiveBuilder().number("Revision", "Number", revision);
    for (int i = 0; i < revision; i++) {
      content.key("Keys\\" + i);
    }
    Path file = directory.resolve("built");
    content.write(file);
    return Files.readAllBytes(file);
  }

  private static byte[] numbered(byte[] hive, int first, int second) {
    byte[] copy = hive.clone();
    ByteBuffer header = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    int checksum = header.getInt(508) ^ header.getInt(4) ^ header.getInt(8) ^ first ^ second;
    header.putInt(4, first).putInt(8, second).putInt(508, checksum);
    return copy;
  }

  private static void write(Path log, byte[]... entries) throws Exception {
    ByteBuffer bytes =
        ByteBuffer.allocate(512 + Arrays.stream(entries).mapToInt(e -> e.length).sum());
    bytes.put("regf".getBytes(US_ASCII)).position(512);
    for (byte[] entry : entries) {
      bytes.put(entry);
    }
    Files.write(log, bytes.array());
  }

  /** What has to be written to make one hive of the other. */
  private static byte[] entry(int sequence, byte[] before, byte[] after) {
    List<Integer> changed =
        IntStream.iterate(PAGE, at -> at < after.length, at -> at + PAGE)
            .filter(at ->
                at >= before.length || !Arrays.equals(before, at, at + PAGE, after, at, at + PAGE))
            .boxed()
            .toList();
    int size = (40 + changed.size() * (8 + PAGE) + 511) / 512 * 512;
    ByteBuffer entry = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    entry.put("HvLE".getBytes(US_ASCII)).putInt(size).putInt(0).putInt(sequence);
    entry.putInt(after.length - PAGE).putInt(changed.size()).putLong(0).putLong(0);
    changed.forEach(at -> entry.putInt(at - PAGE).putInt(PAGE));
    changed.forEach(at -> entry.put(after, at, PAGE));
    return entry.array();
  }
}
