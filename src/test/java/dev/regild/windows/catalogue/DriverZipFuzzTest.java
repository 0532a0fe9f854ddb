package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.archive.ArchiveException;
import dev.regild.fixtures.FuzzedFile;
import java.io.ByteArrayOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.params.provider.MethodSource;

/** A driver's zip is read, or refused. */
class DriverZipFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();

  static Stream<byte[]> seeds() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("net/a.inf"));
      zip.write(
          "[Version]\nDriverVer=06/21/2024,1.2\n[Manufacturer]\nA=M\n[M]\nD=I,PCI\\VEN_1\n"
              .getBytes(UTF_8));
      zip.putNextEntry(new ZipEntry("net/a.sys"));
      zip.write(new byte[64]);
    }
    return Stream.of(bytes.toByteArray());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      DriverReader.read(FILE.of(bytes), "x86");
    } catch (ArchiveException refused) {
      // As it should be.
    }
  }
}
