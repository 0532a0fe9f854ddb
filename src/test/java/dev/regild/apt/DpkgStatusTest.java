package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DpkgStatusTest {
  @Test
  void fieldsAreReadWhateverLinesLieBetweenThem() throws Exception {
    assertThat(
            parse(
                """
                Package: a
                Status: install ok installed
                Description: Package: b
                 Package: c
                Architecture:  amd64\s
                Version: 1

                Package: d
                Status: hold ok installed
                """))
        .containsExactly(
            new DpkgStatus.Entry("a", "amd64", "1", "install ok installed"),
            new DpkgStatus.Entry("d", "", "", "hold ok installed"));
  }

  @Test
  void morePackagesThanAnySystemHasAreRefused() {
    assertThatThrownBy(() -> parse("Package: a\n\n".repeat(DpkgStatus.MOST_PACKAGES + 1)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("/var/lib/dpkg/status")
        .hasMessageContaining("more than 100000 packages")
        .hasMessageContaining("upload the disk again");
  }

  @Test
  void aFieldPastAllMeasureIsRefusedAndALongDescriptionIsNot() throws Exception {
    assertThatThrownBy(() -> parse("Package: " + "a".repeat(2000)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("a field Package: has more than 1000 bytes");
    assertThat(parse("Package: a\nDescription: " + "a".repeat(1 << 20))).hasSize(1);
  }

  private static List<DpkgStatus.Entry> parse(String status) throws Exception {
    return DpkgStatus.parse(status.getBytes(UTF_8));
  }
}
