package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The report of a boot is read, or refused. */
class QualificationReportFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            kernel\t6.1.0-44-amd64
            state\trunning
            failed\ta.service
            package\tbash\tamd64\t5.2\tinstall\tinstalled
            end
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      QualificationReport.parse(new String(bytes, UTF_8));
    } catch (GuestException refused) {
      // As it should be.
    }
  }
}
