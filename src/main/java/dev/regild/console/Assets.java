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
import tools.jackson.databind.json.JsonMapper;

/**
 * Style and scripts, made of those of the WebJars and our own, with a hash in their names, so that
 * a browser may keep them for ever. The script has the style in it, so a page needs one file before
 * it shows; the style's own file is for browsers without scripts.
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

    Asset(String name, String ending, String mediaType, byte[] content) {
      this.content = content;
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

  /** Loaded with the first page: a server that nobody looks at does without. */
  private static final class Loaded {
    private static final Assets ASSETS = load();
  }

  static Assets get() {
    return Loaded.ASSETS;
  }

  private static Assets load() {
    byte[] style = joined(STYLE, "\n");
    return new Assets(
        new Asset("console", ".css", "text/css; charset=utf-8", style),
        new Asset("console", ".js", "text/javascript; charset=utf-8", script(style)),
        new Asset("regild", ".svg", "image/svg+xml", resource(OURS + "regild.svg")));
  }

  /** The style comes first: what is wrong with a script after it leaves the page as it looks. */
  private static byte[] script(byte[] style) {
    String adopting =
        """
        document.adoptedStyleSheets.push(new CSSStyleSheet());
        document.adoptedStyleSheets.at(-1).replaceSync(%s);
        """
            .formatted(JsonMapper.shared().writeValueAsString(new String(style, UTF_8)));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(adopting.getBytes(UTF_8));
    all.writeBytes(joined(SCRIPT, ";\n"));
    return all.toByteArray();
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

  /**
   * @param between what is written between the parts, and after the last
   */
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
