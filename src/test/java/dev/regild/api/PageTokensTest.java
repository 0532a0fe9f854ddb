package dev.regild.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PageTokensTest {
  private final PageTokens tokens = new PageTokens(new byte[32]);

  @Test
  void aTokenGivesBackItsKey() {
    String token = tokens.next(List.of("a", "b"), "golden 1234");
    assertThat(tokens.read(List.of("a", "b"), token)).isEqualTo("golden 1234");
  }

  @Test
  void aTokenIsBoundToItsQuery() {
    String token = tokens.next(List.of("a", "b"), "golden 1234");
    assertRefused(tokens, List.of("ab", ""), token);
    assertRefused(tokens, List.of("a", "c"), token);
    assertRefused(new PageTokens(new byte[16]), List.of("a", "c"), token);
  }

  @Test
  void aForgedTokenIsRefused() {
    String token = tokens.next(List.of("a"), "golden 1234");
    assertRefused(tokens, List.of("a"), token.substring(1) + "A");
    assertRefused(tokens, List.of("a"), "x");
    assertRefused(tokens, List.of("a"), "no base64!");
  }

  private static void assertRefused(PageTokens tokens, List<String> query, String token) {
    assertThatThrownBy(() -> tokens.read(query, token))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> assertThat(e.type()).isEqualTo(ErrorType.INVALID_PARAMETER_COMBINATION));
  }
}
