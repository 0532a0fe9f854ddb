package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.channel.PackageTable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A primary index is read, or refused. */
class PrimaryIndexFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            <metadata xmlns="http://linux.duke.edu/metadata/common" packages="1">
              <package type="rpm">
                <name>bash</name>
                <arch>x86_64</arch>
                <version epoch="0" ver="4.4.20" rel="5.el8"/>
                <checksum type="sha256" pkgid="YES">aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</checksum>
                <size package="1" installed="2"/>
                <location href="Packages/bash-4.4.20-5.el8.x86_64.rpm"/>
                <format><obsoletes><entry name="ash" flags="LT" epoch="0" ver="1" rel="2"/></obsoletes></format>
              </package>
            </metadata>
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      PackageTable.Builder<RpmContents.Membership> table = new PackageTable.Builder<>();
      RpmPackage.readAll(
          new ByteArrayInputStream(bytes),
          each -> {
            each.addTo(table, new RpmContents.Membership(List.of(), false));
            each.obsoletes().forEach(range -> range.covers(each.version()));
          });
      table.build();
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
