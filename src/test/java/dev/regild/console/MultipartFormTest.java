package dev.regild.console;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MultipartFormTest {
  private static final String TYPE = "multipart/form-data; boundary=----edge";

  @Test
  void partsComeOneAfterAnother() throws Exception {
    MultipartForm form = form("a", "first", "file", "second\r\n--almost\r\n------edg");
    assertThat(form.next().orElseThrow().text(100)).isEqualTo("first");
    MultipartForm.Part file = form.next().orElseThrow();
    assertThat(file.name()).isEqualTo("file");
    assertThat(file.text(100)).isEqualTo("second\r\n--almost\r\n------edg");
    assertThat(form.next()).isEmpty();
    assertThat(form.next()).isEmpty();
  }

  /** Delimiters that lie across two reads must not be missed, nor eaten. */
  @Test
  void aLargeFileComesAsItWasSentHoweverItArrives() throws Exception {
    byte[] content = new byte[300_000];
    new Random(7).nextBytes(content);
    byte[] head =
        "------edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
            .getBytes(ISO_8859_1);
    byte[] tail = "\r\n------edge--\r\n".getBytes(ISO_8859_1);
    byte[] all = Arrays.copyOf(head, head.length + content.length + tail.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    System.arraycopy(tail, 0, all, head.length + content.length, tail.length);
    for (int most : new int[] {7, 1000, 65_535, 1 << 20}) {
      MultipartForm form = MultipartForm.of(TYPE, slowly(all, most)).orElseThrow();
      assertThat(form.next().orElseThrow().content().readAllBytes()).isEqualTo(content);
      assertThat(form.next()).isEmpty();
    }
  }

  @Test
  void aFormThatBreaksOffIsAnError() throws Exception {
    String whole = text("file", "content");
    InputStream half =
        new ByteArrayInputStream(whole.substring(0, whole.length() - 12).getBytes(ISO_8859_1));
    MultipartForm form = MultipartForm.of(TYPE, half).orElseThrow();
    InputStream content = form.next().orElseThrow().content();
    assertThatThrownBy(content::readAllBytes).isInstanceOf(EOFException.class);
  }

  @Test
  void aFieldAndAHeadAreBounded() throws Exception {
    MultipartForm form = form("csrf", "x".repeat(1000));
    MultipartForm.Part part = form.next().orElseThrow();
    assertThatThrownBy(() -> part.text(200)).isInstanceOf(IOException.class);
    String endless = "------edge\r\n" + "X: y\r\n".repeat(10_000);
    MultipartForm head =
        MultipartForm.of(TYPE, new ByteArrayInputStream(endless.getBytes(ISO_8859_1)))
            .orElseThrow();
    assertThatThrownBy(head::next).hasMessageContaining("too long");
  }

  @Test
  void anotherContentTypeIsNoForm() throws Exception {
    assertThat(MultipartForm.of("application/octet-stream", InputStream.nullInputStream()))
        .isEmpty();
  }

  private static MultipartForm form(String... fields) throws IOException {
    return MultipartForm.of(TYPE, slowly(text(fields).getBytes(ISO_8859_1), 5)).orElseThrow();
  }

  private static String text(String... fields) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < fields.length; i += 2) {
      text.append("------edge\r\nContent-Disposition: form-data; name=\"")
          .append(fields[i])
          .append("\"\r\n\r\n")
          .append(fields[i + 1])
          .append("\r\n");
    }
    return text.append("------edge--\r\n").toString();
  }

  private static InputStream slowly(byte[] content, int most) {
    return new ByteArrayInputStream(content) {
      @Override
      public synchronized int read(byte[] into, int offset, int length) {
        return super.read(into, offset, Math.min(length, most));
      }
    };
  }
}
