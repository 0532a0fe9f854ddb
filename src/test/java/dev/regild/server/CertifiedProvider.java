package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.console.openid.OpenIdSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** npm's oidc-provider as a process of its own, and a person's browser at its pages. */
final class CertifiedProvider implements AutoCloseable {
  static final String CLIENT = "regild";
  static final String SECRET = "a-secret-of-the-client-for-tests-only";

  private static final Pattern FORM = Pattern.compile("action=\"([^\"]+/interaction/[^\"]+)\"");
  private static final Pattern PROMPT = Pattern.compile("name=\"prompt\" value=\"(\\w+)\"");
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Process process;
  private final Path groups;
  private final String issuer;

  private CertifiedProvider(Process process, Path groups, String issuer) {
    this.process = process;
    this.groups = groups;
    this.issuer = issuer;
  }

  /**
   * Starts it.
   *
   * @param host how it calls itself: 127.0.0.1 or localhost
   * @param console whose pages it sends browsers back to
   */
  static CertifiedProvider start(Path directory, String host, URI console) throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript/openid-provider.mjs"));
    Path groups = Files.writeString(directory.resolve("groups.json"), "{}");
    String scene =
        JSON.writeValueAsString(
            Map.of(
                "host",
                host,
                "client",
                CLIENT,
                "secret",
                SECRET,
                "redirect",
                console.resolve(OpenIdSettings.CALLBACK).toString(),
                "loggedOut",
                console.resolve(OpenIdSettings.LOGGED_OUT).toString(),
                "groups",
                groups.toString()));
    Process process =
        new ProcessBuilder("node", script.toString(), scene)
            .redirectError(directory.resolve("provider.log").toFile())
            .start();
    BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    String issuer = out.lines().filter(line -> line.startsWith("http")).findFirst().orElse("");
    if (issuer.isEmpty()) {
      throw new IOException(Files.readString(directory.resolve("provider.log")));
    }
    return new CertifiedProvider(process, groups, issuer);
  }

  String issuer() {
    return issuer;
  }

  /** From now on, people are in these groups. */
  void groups(Map<String, List<String>> of) throws IOException {
    Files.writeString(groups, JSON.writeValueAsString(of));
  }

  /**
   * Logs a person in, who agrees to everything.
   *
   * @param page where the console sends the browser
   * @return where the provider sends it back to
   */
  URI logIn(URI page, String name) throws Exception {
    HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    HttpRequest.Builder request = HttpRequest.newBuilder(page);
    URI at = page;
    for (int i = 0; i < 12; i++) {
      HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
      Optional<String> location = answer.headers().firstValue("location");
      if (location.isPresent()) {
        at = at.resolve(location.get());
        if (!at.toString().startsWith(issuer)) {
          return at;
        }
        request = HttpRequest.newBuilder(at);
      } else {
        Matcher form = FORM.matcher(answer.body());
        Matcher prompt = PROMPT.matcher(answer.body());
        if (!form.find() || !prompt.find()) {
          throw new IOException("the provider shows no form: " + answer.body());
        }
        at = at.resolve(form.group(1));
        request =
            HttpRequest.newBuilder(at)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    BodyPublishers.ofString(
                        "prompt=%s&login=%s&password=x"
                            .formatted(prompt.group(1), URLEncoder.encode(name, UTF_8))));
      }
    }
    throw new IOException("the provider leads nowhere");
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.destroy();
    process.onExit().join();
  }
}
