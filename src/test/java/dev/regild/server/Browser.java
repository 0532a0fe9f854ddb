package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A browser without scripts: it keeps cookies, and sends the forms of the pages that it is shown.
 */
final class Browser {
  private static final Pattern CSRF = Pattern.compile("name=\"csrf\" value=\"([^\"]+)\"");

  private final ServerFixture server;
  private final HttpClient http = HttpClient.newHttpClient();
  final Map<String, String> cookies = new TreeMap<>();
  private String page = "";

  Browser(ServerFixture server) {
    this.server = server;
  }

  /** Logs in with a key. */
  Browser loggedIn(AccessKey key) throws Exception {
    get("/console/login");
    var answer = post("/console/login", "key", key.id(), "secret", key.secret(), "next", "");
    if (answer.statusCode() != 303) {
      throw new IllegalStateException("the login was refused: " + answer.body());
    }
    get("/console/");
    return this;
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    return send(request, headers);
  }

  /** Sends a form with the code of the page that was shown last. */
  HttpResponse<String> post(String path, String... fields) throws Exception {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", csrf());
    for (int i = 0; i < fields.length; i += 2) {
      form.put(fields[i], fields[i + 1]);
    }
    return postRaw(path, form, Map.of());
  }

  HttpResponse<String> postRaw(String path, Map<String, String> form, Map<String, String> headers)
      throws Exception {
    String body =
        form.entrySet().stream()
            .map(each -> encoded(each.getKey()) + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return send(request);
  }

  /** Sends a file as a browser without scripts does. */
  HttpResponse<String> postFile(String path, String csrf, byte[] file) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String part = "--edge\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n";
    body.writeBytes((part.formatted("csrf", "") + csrf + "\r\n").getBytes(UTF_8));
    body.writeBytes(part.formatted("file", "; filename=\"disk.qcow2\"").getBytes(UTF_8));
    body.writeBytes(file);
    body.writeBytes("\r\n--edge--\r\n".getBytes(UTF_8));
    return send(
        HttpRequest.newBuilder(server.uri(path))
            .header("Content-Type", "multipart/form-data; boundary=edge")
            .POST(BodyPublishers.ofByteArray(body.toByteArray())));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /** The code in the forms of the page that was shown last. */
  String csrf() {
    Matcher code = CSRF.matcher(page);
    return code.find() ? code.group(1) : "";
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String... headers)
      throws IOException, InterruptedException {
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (!cookies.isEmpty()) {
      request.header(
          "Cookie",
          cookies.entrySet().stream()
              .map(each -> each.getKey() + "=" + each.getValue())
              .collect(Collectors.joining("; ")));
    }
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    List<String> set = answer.headers().allValues("set-cookie");
    for (String cookie : set) {
      String[] parts = cookie.split(";", 2)[0].split("=", 2);
      if (cookie.contains("01 Jan 1970") || cookie.contains("Thu, 1 Jan 1970")) {
        cookies.remove(parts[0]);
      } else {
        cookies.put(parts[0], parts[1]);
      }
    }
    if (answer.body().contains("<html")) {
      page = answer.body();
    }
    return answer;
  }

  URI uri(String path) {
    return server.uri(path);
  }
}
