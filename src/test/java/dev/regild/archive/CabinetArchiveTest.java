package dev.regild.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.WindowsPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CabinetArchiveTest {
  @TempDir Path temporary;

  @Test
  void aPartOfASetIsRefused() throws Exception {
    Path cabinet = WindowsPackages.continued(cabinet("own"), "other.cab");
    assertThatThrownBy(() -> CabinetArchive.open(cabinet))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("it is one part of a multi-part cabinet");
  }

  /** The file is read here, then by the tool; what is between must not matter. */
  @Test
  void theToolOpensNoOtherCabinet() throws Exception {
    Path cabinet = cabinet("own");
    CabinetArchive archive = CabinetArchive.open(cabinet);
    WindowsPackages.continued(cabinet, cabinet("other").getFileName().toString());
    assertThat(archive.text("own")).isEqualTo("own");
    assertThat(archive.text("other")).isEmpty();
    Path unpacked = Files.createDirectory(temporary.resolve("unpacked"));
    assertThat(archive.unpack("own", unpacked)).hasContent("own");
    assertThat(archive.unpack("other", unpacked)).doesNotExist();
  }

  /** What is left of the file then is a negative number, which was taken for a size. */
  @Test
  void aDirectoryFarBehindTheEndIsNoReasonToTakeMemory() throws Exception {
    byte[] bytes = new byte[89];
    Arrays.fill(bytes, 12, bytes.length, (byte) 0xa4);
    Path cabinet = Files.write(temporary.resolve("a.cab"), bytes);
    bytes[30] = 0; // no part of a set
    Files.write(cabinet, bytes);
    assertThatThrownBy(() -> CabinetArchive.open(cabinet))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("the cabinet is truncated");
  }

  private Path cabinet(String member) throws Exception {
    Path file = Files.writeString(temporary.resolve(member), member);
    return WindowsPackages.cabinet(temporary.resolve(member + ".cab"), List.of(file));
  }
}
