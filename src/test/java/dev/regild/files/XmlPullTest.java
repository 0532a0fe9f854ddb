package dev.regild.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XmlPullTest {
  private static final int LARGE = (1 << 20) + 100;

  /** The parser keeps each of them whole in memory. */
  @ParameterizedTest
  @ValueSource(strings = {"<x a='%s'/>", "<!--%s-->", "<!-- > %s-->", "<?x %s?>", "<?x > %s?>"})
  void whatTheParserWouldKeepInMemoryIsRefused(String part) {
    String document = "<all>" + part.formatted("a".repeat(LARGE)) + "</all>";
    assertThatThrownBy(() -> children(document))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a tag or a comment of more than 1 MiB");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<!-- don't --><x/>",
        "<!-- > --><x/>",
        "<!----><x/>",
        "<?what isn't?><x/>",
        "<![CDATA[don't]]><x/>",
        "<![CDATA[]]]]><x/>",
        "<![CDATA[<y a=\"]]><x/>",
        "<x a='>\"'/>",
        "<x a='?'/>",
        "<x a='!'/>",
      })
  void aQuoteInACommentOrATextBeginsNothing(String part) throws Exception {
    String document = "<all>" + part + "a".repeat(LARGE) + "<z/></all>";
    assertThat(children(document)).containsExactly("x", "z");
  }

  @Test
  void aLongTextComesInPieces() throws Exception {
    String text = "don't ".repeat(LARGE / 5);
    long[] length = {0};
    try (XmlPull xml = XmlPull.open(new StringReader("<all><![CDATA[" + text + "]]></all>"))) {
      assertThat(xml.root()).isEqualTo("all");
      xml.text((characters, start, count) -> length[0] += count);
      xml.end();
    }
    assertThat(length[0]).isEqualTo(text.length());
  }

  private static List<String> children(String document) throws IOException {
    List<String> names = new ArrayList<>();
    try (XmlPull xml = XmlPull.open(new StringReader(document))) {
      assertThat(xml.root()).isEqualTo("all");
      xml.children(names::add);
      xml.end();
    }
    return names;
  }
}
