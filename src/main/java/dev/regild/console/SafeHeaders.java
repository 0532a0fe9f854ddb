package dev.regild.console;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.util.Map;

/** What every answer of the console forbids the browser. */
final class SafeHeaders {
  private static final Map<HeaderName, String> HEADERS =
      Map.of(
          HeaderNames.create("Content-Security-Policy"),
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
              + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
          HeaderNames.create("X-Frame-Options"),
          "DENY",
          HeaderNames.create("X-Content-Type-Options"),
          "nosniff",
          HeaderNames.create("Referrer-Policy"),
          "no-referrer",
          HeaderNames.create("Cross-Origin-Opener-Policy"),
          "same-origin",
          HeaderNames.create("Cross-Origin-Resource-Policy"),
          "same-origin",
          HeaderNames.create("Permissions-Policy"),
          "camera=(), geolocation=(), microphone=(), payment=(), usb=()");

  private SafeHeaders() {}

  static void write(ServerResponse response) {
    HEADERS.forEach(response::header);
    // What a page shows is nobody else's, not even in the cache of a browser that many use.
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
  }
}
