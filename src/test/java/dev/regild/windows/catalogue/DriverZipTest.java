package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.DriverZip;
import dev.regild.fixtures.WindowsPackages;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DriverZipTest {
  @TempDir Path temporary;
  private Path zip;
  private Path unpacked;

  @BeforeEach
  void makeADirectory() throws Exception {
    zip = temporary.resolve("driver.zip");
    unpacked = Files.createDirectories(temporary.resolve("deep/unpacked"));
  }

  @Test
  void foldersAndFilesAreUnpacked() throws Exception {
    write("amd64/", "", "amd64/a.inf", "one", "b/c/a.sys", "two");
    DriverZip.unpack(zip, unpacked);
    assertThat(unpacked.resolve("amd64/a.inf")).hasContent("one");
    assertThat(unpacked.resolve("b/c/a.sys")).hasContent("two");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a.inf", "b/../../a.inf", "/a.inf", "C:\\a.inf", "..\\..\\a.inf"})
  void aNameThatLeadsOutIsRefused(String name) throws Exception {
    write(name, "x");
    assertRefused("whose name leads outside");
  }

  @Test
  void aNameThatIsThereTwiceOnWindowsIsRefused() throws Exception {
    write("a.inf", "one", "A.INF", "two");
    assertRefused("'A.INF' twice");
  }

  @Test
  void aFileThatIsAFolderTooIsRefused() throws Exception {
    write("a", "one", "a/b", "two");
    assertRefused("'a/b', which can be no file's name");
  }

  @Test
  void whatUnpacksToFarMoreIsRefused() throws Exception {
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream zipped = new ZipOutputStream(out)) {
      zipped.putNextEntry(new ZipEntry("a.sys"));
      for (int i = 0; i <= 100; i++) {
        zipped.write(new byte[1 << 20]);
      }
    }
    assertRefused("far more than a driver");
    assertThatThrownBy(() -> DriverReader.read(zip, "amd64"))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("far more than a driver");
  }

  /** Commons Compress tells of either by an IOException, as a full disk would. */
  @Test
  void aZipThatIsDamagedIsRefusedAsThat() throws Exception {
    write("a.inf", "some text that is packed");
    byte[] whole = Files.readAllBytes(zip);
    Files.write(zip, Arrays.copyOf(whole, whole.length / 2));
    assertRefused("the zip cannot be unpacked");
    byte[] changed = whole.clone();
    changed[30 + "a.inf".length()] = 7; // a block of no type that there is
    Files.write(zip, changed);
    assertRefused("the zip cannot be unpacked");
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> DriverZip.unpack(zip, unpacked))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining(why);
  }

  private void write(String... namesAndContents) throws Exception {
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream zipped = new ZipOutputStream(out)) {
      for (int i = 0; i < namesAndContents.length; i += 2) {
        zipped.putNextEntry(new ZipEntry(namesAndContents[i]));
        zipped.write(namesAndContents[i + 1].getBytes(UTF_8));
      }
    }
  }

  /** As vendors' folders have them: that of their CD, and one that others include. */
  @Test
  void anInfThatIsNoDriversIsPassedOver() throws Exception {
    Path folder =
        WindowsPackages.driver(temporary, "netkvm.inf", "06/21/2024,1.0", "PCI\\VEN_1AF4");
    Files.writeString(folder.resolve("autorun.inf"), "[autorun]\r\nopen=setup.exe\r\n");
    Files.writeString(folder.resolve("common.inf"), "[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n");
    DriverReader.pack(folder, zip);
    DriverReader.Contents contents = DriverReader.read(zip, "amd64");
    assertThat(contents.drivers()).extracting(PackageFacts::name).containsExactly("netkvm.inf");
    assertThat(contents.passedOver())
        .containsExactly(
            "autorun.inf is not a driver's: its [Version] has no DriverVer with a date",
            "common.inf is not a driver's: its [Version] has no DriverVer with a date");
    Files.delete(folder.resolve("netkvm.inf"));
    Files.delete(zip);
    DriverReader.pack(folder, zip);
    assertThatThrownBy(() -> DriverReader.read(zip, "amd64"))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("so it is not a driver (autorun.inf is not a driver's");
  }
}
