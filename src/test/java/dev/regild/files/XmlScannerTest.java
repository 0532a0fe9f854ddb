package dev.regild.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Documents that no repository should send. */
class XmlScannerTest {
  private static final XmlScanner.Visitor NOBODY =
      new XmlScanner.Visitor() {
        @Override
        public void start(String path, XmlScanner element) {}

        @Override
        public void end(String path) {}
      };

  /** For this the JDK's parser fails with an error of its own, not with one of XML. */
  @Test
  void anOddCharacterInADocumentTypeIsRefusedLikeAnyOther() {
    assertThatThrownBy(() -> scan("<!DOCTYPE repomd [\u0001]><repomd/>"))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a document type");
  }

  @Test
  void aDocumentTypeIsRefused() {
    assertThatThrownBy(() -> scan("<!DOCTYPE repomd []><repomd/>"))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a document type");
  }

  @Test
  void aCommentWithoutEndIsNotKept() {
    assertThatThrownBy(() -> scan("<r><!--" + "> - ".repeat(1 << 20) + "--></r>"))
        .isInstanceOf(IOException.class)
        .hasMessage("it has a tag of more than 1 MiB");
  }

  private static void scan(String document) throws IOException {
    XmlScanner.scan(new ByteArrayInputStream(document.getBytes(UTF_8)), NOBODY);
  }
}
