package dev.regild.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A signed request is told whose it is, or refused; the input is its path, query and headers, a
 * line each.
 */
class SigV4FuzzTest {
  private static final AccessKey KEY =
      new AccessKey(
          "AKIAIOSFODNN7EXAMPLE",
          "x".repeat(40),
          new Account("123456789012", "any", Account.Status.ACTIVE, Instant.EPOCH),
          false,
          true);
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-31T12:00:00Z"), ZoneOffset.UTC);

  private static HttpCall call(byte[] bytes) {
    List<String> lines = new String(bytes, UTF_8).lines().toList();
    Map<String, List<String>> headers = new TreeMap<>();
    for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers
            .computeIfAbsent(
                line.substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
            .add(line.substring(colon + 1));
      }
    }
    return new HttpCall(
        "POST",
        lines.isEmpty() ? "/" : lines.get(0),
        lines.size() < 2 ? "" : lines.get(1),
        headers);
  }

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            /a/../b
            a=b&c=%20
            host:localhost
            x-amz-date:20260131T120000Z
            Authorization:AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/us-east-1/appstream/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      new SigV4(id -> Optional.of(KEY), CLOCK).authenticate(call(bytes), Payload.of(bytes));
    } catch (ApiException refused) {
      // As it should be.
    }
  }
}
