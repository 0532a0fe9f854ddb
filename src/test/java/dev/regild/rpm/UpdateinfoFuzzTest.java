package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An updateinfo index is read, or refused. */
class UpdateinfoFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            <updates>
              <update type="security">
                <id>RHSA-2024:1</id>
                <severity>Important</severity>
                <references><reference type="cve" id="CVE-2024-1"/></references>
                <pkglist><collection>
                  <package name="bash" epoch="0" version="4.4.20" release="5.el8" arch="x86_64"/>
                </collection></pkglist>
              </update>
            </updates>
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      UpdateinfoEntry.readAll(new ByteArrayInputStream(bytes), each -> {});
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
