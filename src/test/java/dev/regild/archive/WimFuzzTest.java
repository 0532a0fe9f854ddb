package dev.regild.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The head of a WIM is told from others, and the list of its members read, or refused. */
class WimFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of("MSWIM\0\0\0/\n/update.mum\n/a b.cab\n/d/e\n".getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      if (FileForm.of(FILE.of(bytes)) == FileForm.WIM) {
        WimArchive.members(new String(bytes, 8, bytes.length - 8, UTF_8));
      }
    } catch (ArchiveException refused) {
      // As it should be.
    }
  }
}
