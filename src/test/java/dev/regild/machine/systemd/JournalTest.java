package dev.regild.machine.systemd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir Path directory;

  @Test
  void aLineBreakInAValueBeginsNoOtherField() throws Exception {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("MESSAGE", "import failed\nPRIORITY=0");
    fields.put("REGILD_IMAGE", "grün");
    fields.put("_UID", "0");
    fields.put("small", "left out");
    assertThat(sent(fields))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("MESSAGE", "import failed\nPRIORITY=0", "REGILD_IMAGE", "grün"));
  }

  @Test
  void aLongValueIsCutAndTheEntrySentStill() throws Exception {
    assertThat(sent(Map.of("MESSAGE", "x".repeat(1 << 20))).get("MESSAGE")).hasSize(48 << 10);
  }

  @Test
  void aLongValueIsCutBetweenCharacters() throws Exception {
    assertThat(sent(Map.of("MESSAGE", "x" + "ü".repeat(1 << 19))).get("MESSAGE"))
        .isEqualTo("x" + "ü".repeat((24 << 10) - 1));
  }

  @Test
  void withoutAJournalThereIsNone() {
    assertThat(Journal.find(Map.of())).isEmpty();
    assertThat(Journal.find(Map.of("JOURNAL_STREAM", "8:1"))).isEmpty();
  }

  @Test
  void aJournalThatIsGoneIsTold() throws Exception {
    try (Journal journal = Journal.open(directory.resolve("gone").toString()).orElseThrow()) {
      assertThat(journal.send(Map.of("MESSAGE", "lost"))).isFalse();
    }
  }

  /** As the journal reads an entry. */
  private Map<String, String> sent(Map<String, String> fields) throws Exception {
    String socket = directory.resolve("journal").toString();
    try (DatagramReceiver receiver = DatagramReceiver.at(socket);
        Journal journal = Journal.open(socket).orElseThrow()) {
      assertThat(journal.send(fields)).isTrue();
      ByteBuffer entry = ByteBuffer.wrap(receiver.next()).order(ByteOrder.LITTLE_ENDIAN);
      Map<String, String> read = new LinkedHashMap<>();
      while (entry.hasRemaining()) {
        StringBuilder name = new StringBuilder();
        for (byte next = entry.get(); next != '\n'; next = entry.get()) {
          name.append((char) next);
        }
        byte[] value = new byte[(int) entry.getLong()];
        entry.get(value);
        assertThat(entry.get()).isEqualTo((byte) '\n');
        read.put(name.toString(), new String(value, UTF_8));
      }
      return read;
    }
  }
}
