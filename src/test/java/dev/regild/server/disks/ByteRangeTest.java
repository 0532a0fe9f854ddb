package dev.regild.server.disks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** RFC 9110, section 14. */
class ByteRangeTest {
  private static final long LENGTH = 1000;

  @Test
  void aRangeIsAPartOfTheFile() {
    assertThat(of("bytes=0-0")).contains(new ByteRange(0, 1));
    assertThat(of("bytes=10-19")).contains(new ByteRange(10, 10));
    assertThat(of("bytes=990-")).contains(new ByteRange(990, 10));
    assertThat(of("bytes=990-5000")).contains(new ByteRange(990, 10));
    assertThat(of("bytes=-10")).contains(new ByteRange(990, 10));
    assertThat(of("bytes=-5000")).contains(ByteRange.whole(LENGTH));
    assertThat(new ByteRange(10, 10).contentRange(LENGTH)).isEqualTo("bytes 10-19/1000");
  }

  @Test
  void aRangeThatHoldsNothingIsUnsatisfiable() {
    assertThat(of("bytes=1000-")).isEmpty();
    assertThat(of("bytes=999999999999999999-999999999999999999")).isEmpty();
    assertThat(of("bytes=-0")).isEmpty();
  }

  @Test
  void whatIsNoSingleRangeIsIgnored() {
    for (String header :
        new String[] {
          "bytes=",
          "bytes=-",
          "bytes=5-3",
          "bytes=0-1,5-6",
          "lines=1-2",
          "bytes=9999999999999999999-"
        }) {
      assertThat(of(header)).as(header).contains(ByteRange.whole(LENGTH));
    }
  }

  private static Optional<ByteRange> of(String header) {
    return ByteRange.of(header, LENGTH);
  }
}
