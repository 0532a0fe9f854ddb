package dev.regild.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the parser would keep whole in memory is bounded, whatever stands in it. */
class XmlPullTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "<![CDATA[>|]]>",
        "<![CDATA[]>|]]>",
        "<!-->-|-->",
        "<!-- > -> '|-->",
        "<?x >|?>",
        "<a b='>|'/>"
      })
  void whatIsLargerThanATagCanBeIsRefused(String start, String end) {
    String document = "<r>" + start + "x".repeat(3 << 20) + end + "</r>";

    assertThatThrownBy(() -> texts(document))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a tag of more than 1 MiB");
  }

  @Test
  void largeTextsMayStandBetweenComments() throws Exception {
    String text = "y".repeat(40_000);
    StringBuilder document = new StringBuilder("<?xml version='1.0'?><!-- don't \" --><r>");
    for (int i = 0; i < 40; i++) {
      document.append("<!----><?x ' ?><a b='&gt;>'>").append(text);
      document.append("<![CDATA[ \" ]] ' >]]></a><!-- it's - > -->");
    }

    assertThat(texts(document.append("</r>").toString()))
        .hasSize(40)
        .containsOnly(text + " \" ]] ' >");
  }

  @Test
  void aDocumentTypeIsRefusedBeforeItIsRead() {
    assertThatThrownBy(() -> texts("<!DOCTYPE r [<!-- > " + "x".repeat(3 << 20)))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a document type");
  }

  private static List<String> texts(String document) throws IOException {
    List<String> texts = new ArrayList<>();
    try (XmlPull xml = XmlPull.open(new StringReader(document))) {
      assertThat(xml.root()).isEqualTo("r");
      xml.children(_ -> texts.add(xml.text()));
      xml.end();
    }
    return texts;
  }
}
