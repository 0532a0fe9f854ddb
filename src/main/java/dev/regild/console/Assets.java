package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.console.view.Frame;
import dev.regild.files.Sha256;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * Style and scripts. Each is one file, made of those of the WebJars and our own, with its hash in
 * its name, so that a browser may keep it for ever.
 */
final class Assets {
  static final String PATH = "/console/assets/";

  private static final String WEBJARS = "META-INF/resources/webjars/";
  private static final String OURS = "dev/regild/console/";
  private static final List<String> STYLE =
      List.of(WEBJARS + "picocss__pico/2.1.1/css/pico.min.css", OURS + "console.css");
  private static final List<String> SCRIPT =
      List.of(
          WEBJARS + "htmx.org/2.0.10/dist/htmx.min.js",
          WEBJARS + "htmx-ext-sse/2.2.2/sse.js",
          OURS + "console.js");

  private final Frame.AssetPaths paths;
  private final Map<String, Asset> assets;

  private Assets(Asset style, Asset script, Asset icon) {
    this.paths = new Frame.AssetPaths(style.path(), script.path(), icon.path());
    this.assets =
        List.of(style, script, icon).stream()
            .collect(Collectors.toUnmodifiableMap(Asset::name, each -> each));
  }

  private static final class Asset {
    private final String name;
    private final String mediaType;
    private final byte[] content;
    private final byte[] compressed;

    /**
     * @param between what is written between the parts, and after the last
     */
    Asset(String name, String ending, String mediaType, List<String> parts, String between) {
      this.content = joined(parts, between);
      this.name = name + "." + Sha256.of(content).substring(0, 16) + ending;
      this.mediaType = mediaType;
      this.compressed = gzipped(content);
    }

    String name() {
      return name;
    }

    String path() {
      return PATH + name;
    }
  }

  static Assets load() {
    return new Assets(
        new Asset("console", ".css", "text/css; charset=utf-8", STYLE, "\n"),
        new Asset("console", ".js", "text/javascript; charset=utf-8", SCRIPT, ";\n"),
        new Asset("regild", ".svg", "image/svg+xml", List.of(OURS + "regild.svg"), ""));
  }

  Frame.AssetPaths paths() {
    return paths;
  }

  /**
   * Sends an asset.
   *
   * @return whether there is one of that name
   */
  boolean send(String name, ServerRequest request, ServerResponse response) {
    Asset asset = assets.get(name);
    if (asset == null) {
      return false;
    }
    boolean gzip = request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse("").contains("gzip");
    response
        .header(HeaderNames.CONTENT_TYPE, asset.mediaType)
        .header(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(HeaderNames.VARY, "Accept-Encoding");
    if (gzip) {
      response.header(HeaderNames.CONTENT_ENCODING, "gzip");
    }
    response.send(gzip ? asset.compressed : asset.content);
    return true;
  }

  private static byte[] joined(List<String> parts, String between) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String part : parts) {
      all.writeBytes(resource(part));
      all.writeBytes(between.getBytes(UTF_8));
    }
    return all.toByteArray();
  }

  private static byte[] resource(String name) {
    try (InputStream in = Assets.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("The console lacks the file " + name + ".");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] gzipped(byte[] content) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.toByteArray();
  }
}
