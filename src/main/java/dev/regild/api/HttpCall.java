package dev.regild.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a signature covers of a request, but its body.
 *
 * @param method as on the wire: {@code POST}
 * @param path the path as on the wire, percent-encoded
 * @param query the query as on the wire, without its question mark; empty if there is none
 * @param headers by lower-case name, each with its values in the order of the wire
 */
public record HttpCall(
    String method, String path, String query, Map<String, List<String>> headers) {
  public HttpCall {
    headers = Map.copyOf(headers);
  }

  /** The first value of a header. */
  public Optional<String> header(String lowerCaseName) {
    return headers.getOrDefault(lowerCaseName, List.of()).stream().findFirst();
  }
}
