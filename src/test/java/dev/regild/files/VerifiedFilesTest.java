package dev.regild.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifiedFilesTest {
  private static final FileTime STAMP = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
  private static final String DIGEST = Sha256.of("good".getBytes(UTF_8));

  @TempDir Path temporary;
  private Instant now = Instant.parse("2026-01-02T00:00:00Z");
  private VerifiedFiles files;
  private Path file;

  @BeforeEach
  void write() throws Exception {
    InstantSource time = () -> now;
    files = new VerifiedFiles(time.withZone(ZoneOffset.UTC));
    file = temporary.resolve("file");
    write("good");
  }

  /** Bits that changed without a trace are not seen, as the file is not read; a day later it is. */
  @Test
  void whatIsTheSameIsReadOnceADay() throws Exception {
    assertThat(files.isIntact(file, DIGEST)).isTrue();
    write("baad");
    now = now.plus(Duration.ofHours(23));
    assertThat(files.isIntact(file, DIGEST)).isTrue();
    now = now.plus(Duration.ofHours(1));
    assertThat(files.isIntact(file, DIGEST)).isFalse();
  }

  @Test
  void whatWasTouchedIsReadAgain() throws Exception {
    assertThat(files.isIntact(file, DIGEST)).isTrue();
    Files.writeString(file, "baad");
    assertThat(files.isIntact(file, DIGEST)).isFalse();
    assertThat(files.isIntact(file, DIGEST)).as("nothing bad is remembered").isFalse();
    write("good");
    assertThat(files.isIntact(file, DIGEST)).isTrue();
    assertThat(files.isIntact(file, "0".repeat(64))).as("another digest").isFalse();
  }

  @Test
  void whatIsGoneOrALinkIsNotIntact() throws Exception {
    assertThat(files.isIntact(file, DIGEST)).isTrue();
    Path moved = Files.move(file, temporary.resolve("moved"));
    assertThat(files.isIntact(file, DIGEST)).isFalse();
    Files.createSymbolicLink(file, moved);
    assertThat(files.isIntact(file, DIGEST)).isFalse();
  }

  /** In place, with the size and the time that it had. */
  private void write(String content) throws Exception {
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, STAMP);
  }
}
