package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeedArchiveTest {
  private static final long MOST = 1 << 20;

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("feed");
  }

  private static void add(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content)
      throws IOException {
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private List<String> read() throws Exception {
    List<String> documents = new ArrayList<>();
    FeedArchive.each(file(), MOST, in -> documents.add(new String(in.readAllBytes(), UTF_8)));
    return documents;
  }

  /** Types: a name of GNU, a header of POSIX. */
  @ParameterizedTest
  @CsvSource({"L, 300000, 1", "x, 300000, 1", "L, 0, 8000", "x, 0, 8000"})
  void headersOfAnyLengthAndNumberAreNotReadIntoMemory(char type, int bytes, int headers)
      throws Exception {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file()))) {
      String content = bytes == 0 ? "" : bytes + " comment=" + "x".repeat(bytes - 16) + "\n";
      for (int i = 0; i < headers; i++) {
        add(tar, new TarArchiveEntry("a", (byte) type), content.getBytes(UTF_8));
      }
    }
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(this::read)
        .withMessageContaining("more than 256 KiB");
  }

  @Test
  void ofATarTheDocumentsAreReadWhateverElseIsInIt() throws Exception {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file()))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      add(tar, new TarArchiveEntry("directory/"), new byte[0]);
      add(tar, new TarArchiveEntry("directory/a.json"), "one".getBytes(UTF_8));
      add(tar, new TarArchiveEntry("notes.txt"), new byte[1000]);
      add(tar, new TarArchiveEntry("n".repeat(300) + ".json"), "two".getBytes(UTF_8));
    }
    assertThat(read()).containsExactly("one", "two");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsPassedOverCountsToo(boolean zipped) throws Exception {
    byte[] passed = new byte[(int) MOST + 1];
    try (OutputStream out = Files.newOutputStream(file())) {
      if (zipped) {
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
          zip.putNextEntry(new ZipEntry("a.bin"));
          zip.write(passed);
        }
      } else {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new ZstdOutputStream(out))) {
          add(tar, new TarArchiveEntry("a.bin"), passed);
        }
      }
    }
    assertThatThrownBy(this::read).hasMessageContaining("more than its limit");
  }

  @Test
  void readingEndsWhenItIsInterrupted() throws Exception {
    Files.writeString(file(), "{}");
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedIOException.class).isThrownBy(this::read);
    assertThat(Thread.interrupted()).isFalse();
  }
}
