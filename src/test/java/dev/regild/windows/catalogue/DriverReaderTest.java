package dev.regild.windows.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.WindowsPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets the time zone of the whole process. */
class DriverReaderTest {
  @TempDir Path temporary;

  /** A catalogue knows a file by its digest, wherever it was added. */
  @Test
  void aFolderMakesTheSameZipInEveryTimeZone() throws Exception {
    Path folder =
        WindowsPackages.driver(temporary, "netkvm.inf", "06/21/2024,1.0", "PCI\\VEN_1AF4");
    assertThat(packed(folder, "Pacific/Kiritimati"))
        .isEqualTo(packed(folder, "America/Los_Angeles"));
  }

  private byte[] packed(Path folder, String zone) throws Exception {
    TimeZone before = TimeZone.getDefault();
    Path zip = Files.createTempDirectory(temporary, "zip").resolve("driver.zip");
    TimeZone.setDefault(TimeZone.getTimeZone(zone));
    try {
      DriverReader.pack(folder, zip);
    } finally {
      TimeZone.setDefault(before);
    }
    return Files.readAllBytes(zip);
  }
}
