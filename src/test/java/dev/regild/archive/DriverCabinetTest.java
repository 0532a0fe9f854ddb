package dev.regild.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.WindowsPackages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverCabinetTest {
  @TempDir Path temporary;
  private Path cabinet;
  private Path unpacked;

  @BeforeEach
  void make() throws Exception {
    HostTools.assumeInstalled("gcab", "cabextract", "bwrap");
    cabinet =
        WindowsPackages.cabinet(
            temporary.resolve("driver.cab"),
            List.of(
                Files.writeString(temporary.resolve("a.inf"), "a"),
                Files.writeString(temporary.resolve("b.sys"), "b")));
    unpacked = Files.createDirectory(temporary.resolve("unpacked"));
  }

  @Test
  void everyFileIsUnpacked() throws Exception {
    DriverCabinet.unpack(cabinet, unpacked);
    assertThat(unpacked.resolve("a.inf")).hasContent("a");
    assertThat(unpacked.resolve("b.sys")).hasContent("b");
  }

  /** A cabinet of few megabytes may hold terabytes of zeros. */
  @Test
  void whatWouldFillTheDiskIsRefusedBeforeItIsUnpacked() throws Exception {
    byte[] bytes = Files.readAllBytes(cabinet);
    ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int first = fields.getInt(16);
    fields.putInt(first, 3 << 30);
    fields.putInt(first + 16 + "a.inf".length() + 1, 3 << 30);
    Files.write(cabinet, bytes);

    assertThatThrownBy(() -> DriverCabinet.unpack(cabinet, unpacked))
        .isInstanceOf(ArchiveException.class)
        .hasMessage("it unpacks to far more than a driver");
  }
}
