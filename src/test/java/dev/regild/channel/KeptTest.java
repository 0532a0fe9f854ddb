package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.rpm.UpdateinfoEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** Indexes that go on and on are refused before they fill the memory. */
class KeptTest {
  @Test
  void anAdvisoryWithoutEndIsRefused() {
    InputStream index =
        endless("<updates><update><references>", "<reference type=\"cve\" id=\"a\"/>");
    assertThatThrownBy(() -> UpdateinfoEntry.readAll(index, _ -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than 1000000 packages and references");
  }

  @Test
  void anAttributePastAllMeasureIsRefused() {
    String xml = "<updates><update type=\"" + "a".repeat(70_000) + "\"/></updates>";
    assertThatThrownBy(
            () -> UpdateinfoEntry.readAll(new ByteArrayInputStream(xml.getBytes(UTF_8)), _ -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the attribute type of updates/update is longer than 64 KiB");
  }

  @Test
  void aTableOfPackagesIsRefusedWhenItHasTooMany() {
    PackageTable.Builder<String> table = new PackageTable.Builder<>();
    PackageTable.Text text = PackageTable.Text.of("a");
    assertThatThrownBy(
            () -> {
              while (true) {
                table.add(text, text, text, "");
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than 1000000 packages");
  }

  private static InputStream endless(String start, String piece) {
    byte[] first = start.getBytes(UTF_8);
    byte[] then = piece.getBytes(UTF_8);
    return new InputStream() {
      private long at;

      @Override
      public int read(byte[] buffer, int offset, int length) {
        for (int i = 0; i < length; i++) {
          buffer[offset + i] = (byte) read();
        }
        return length;
      }

      @Override
      public int read() {
        long here = at++;
        return here < first.length
            ? first[(int) here]
            : then[(int) ((here - first.length) % then.length)];
      }
    };
  }
}
