package dev.regild.files;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest chooses the pixels and the size of its screen; Java's own reader judges the PNG. */
class PortablePixmapTest {
  @TempDir Path directory;

  @Test
  void everyPixelIsInThePng() throws Exception {
    byte[] pixels = {
      (byte) 255, 0, 0, 0, (byte) 255, 0, 0, 0, (byte) 255, 10, 20, 30, 40, 50, 60, 7, 8, 9
    };
    BufferedImage image = read(png("P6\n3 2\n255\n", pixels, 1 << 20).orElseThrow());
    assertThat(image.getWidth()).isEqualTo(3);
    assertThat(image.getHeight()).isEqualTo(2);
    assertThat(image.getRGB(0, 0)).isEqualTo(0xFFFF0000);
    assertThat(image.getRGB(1, 0)).isEqualTo(0xFF00FF00);
    assertThat(image.getRGB(2, 0)).isEqualTo(0xFF0000FF);
    assertThat(image.getRGB(0, 1)).isEqualTo(0xFF0A141E);
    assertThat(image.getRGB(2, 1)).isEqualTo(0xFF070809);
  }

  @Test
  void aLargeScreenIsHalvedAndAveraged() throws Exception {
    byte[] pixels = new byte[2000 * 4 * 3];
    for (int i = 0; i < pixels.length; i += 6) {
      pixels[i] = (byte) 200;
    }
    BufferedImage image = read(png("P6\n2000 4\n255\n", pixels, 1 << 20).orElseThrow());
    assertThat(image.getWidth()).isEqualTo(1000);
    assertThat(image.getHeight()).isEqualTo(2);
    assertThat(image.getRGB(999, 1)).isEqualTo(0xFF640000);
  }

  /** Noise can't be compressed. */
  @Test
  void whatDoesNotFitGetsSmallerUntilItDoes() throws Exception {
    byte[] noise = new byte[800 * 600 * 3];
    new Random(1).nextBytes(noise);
    byte[] png = png("P6\n800 600\n255\n", noise, 100_000).orElseThrow();
    assertThat(png).hasSizeLessThanOrEqualTo(100_000);
    assertThat(read(png).getWidth()).isEqualTo(200);
    assertThat(png("P6\n800 600\n255\n", noise, 20)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "P5\n1 1\n255\n",
        "P6\n0 0\n255\n",
        "P6\n2 1\n255\n",
        "P6\n1 1\n65535\n",
        "P6\n99999 99999\n255\n",
        "P6\n99999999999 1\n255\n",
        "P6\n-1 1\n255\n",
        "<svg onload=alert(1)>"
      })
  void whatIsNoWholePictureGivesNone(String header) throws Exception {
    assertThat(png(header, new byte[3], 1 << 20)).isEmpty();
  }

  @Test
  void aLinkIsNotFollowed() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "P6\n1 1\n255\nabc");
    Path link = Files.createSymbolicLink(directory.resolve("link"), secret);
    assertThatThrownBy(() -> PortablePixmap.asPng(link, 1 << 20)).isInstanceOf(IOException.class);
  }

  private Optional<byte[]> png(String header, byte[] pixels, int most) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(header.getBytes(US_ASCII));
    bytes.writeBytes(pixels);
    return PortablePixmap.asPng(
        Files.write(directory.resolve("screen"), bytes.toByteArray()), most);
  }

  private static BufferedImage read(byte[] png) throws IOException {
    return Objects.requireNonNull(ImageIO.read(new ByteArrayInputStream(png)));
  }
}
