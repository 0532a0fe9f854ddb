package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.channel.PackageTable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An index Packages is read into a table, or refused. */
class PackagesIndexFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            Package: bash
            Version: 5.2.15-2+b7
            Architecture: amd64
            Filename: pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb
            Size: 1489616
            SHA256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            Phased-Update-Percentage: 100

            Package: dash
            Version: 0.5.12-2
            Architecture: all
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      PackageTable.Builder<IndexOrigin> table = new PackageTable.Builder<>();
      PackagesScanner stanza = new PackagesScanner(new ByteArrayInputStream(bytes));
      while (stanza.next()) {
        stanza.addTo(table, IndexOrigin.INSTALLED);
      }
      table.build().visit("bash", each -> {});
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
