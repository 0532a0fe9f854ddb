package dev.regild.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A page's token is one of the query, or refused. */
class PageTokensFuzzTest {
  private static final List<String> QUERY = List.of("DescribeImages", "123456789012");
  private static final PageTokens TOKENS = new PageTokens(new byte[32]);

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(TOKENS.next(QUERY, "a-name").getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      TOKENS.read(QUERY, new String(bytes, UTF_8));
    } catch (ApiException refused) {
      // As it should be.
    }
  }
}
