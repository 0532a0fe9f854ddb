package dev.regild.apt;

import dev.regild.fetch.CredentialsFile;
import dev.regild.fetch.ProxyAddress;
import dev.regild.fetch.Route;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The proxies of a machine's apt configuration ({@code Acquire::http::Proxy}, apt.conf(5)). */
final class AptProxies {
  private static final Pattern SETTING =
      Pattern.compile("(Acquire::https?::Proxy\\S*) \"(.*)\";", Pattern.CASE_INSENSITIVE);
  private static final Pattern DIRECT = Pattern.compile("(?i)direct|false");

  private final Map<String, String> settings;

  private AptProxies(Map<String, String> settings) {
    this.settings = settings;
  }

  /**
   * Asks apt itself.
   *
   * @param aptConfig the command that prints the configuration
   */
  static AptProxies of(Program aptConfig) throws InterruptedException {
    Map<String, String> settings = new HashMap<>();
    try {
      for (String line : aptConfig.within(Duration.ofMinutes(1)).run().lines().toList()) {
        Matcher setting = SETTING.matcher(line);
        if (setting.matches() && !setting.group(2).isEmpty()) {
          settings.put(setting.group(1).toLowerCase(Locale.ROOT), setting.group(2));
        }
      }
    } catch (ProgramException e) {
      // Without apt there is no proxy of apt's.
    }
    return new AptProxies(settings);
  }

  /**
   * How apt reaches a repository.
   *
   * @param leftOut gets what can't be taken over, and why
   */
  Route routeTo(String uri, List<String> leftOut) {
    URI repository = URI.create(uri);
    String scheme = String.valueOf(repository.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.startsWith("http")) {
      return Route.DEFAULT;
    }
    String host = String.valueOf(repository.getHost()).toLowerCase(Locale.ROOT);
    // apt asks for https what is said of http, too.
    Optional<String> value =
        Stream.of(scheme, "http")
            .flatMap(each ->
                Stream.of("acquire::%s::proxy::%s", "acquire::%s::proxy")
                    .map(key -> settings.get(key.formatted(each, host))))
            .filter(each -> each != null)
            .findFirst();
    if (value.isEmpty() && settings.containsKey("acquire::http::proxy-auto-detect")) {
      leftOut.add(
          uri + ": Proxy-Auto-Detect is a program that apt runs; name the proxy with --proxy");
    }
    return value.map(each -> route(uri, each, leftOut)).orElse(Route.DEFAULT);
  }

  private static Route route(String uri, String value, List<String> leftOut) {
    if (DIRECT.matcher(value).matches()) {
      return new Route(Route.DIRECT, "");
    }
    try {
      ProxyAddress address = ProxyAddress.parse("Acquire::http::Proxy", value);
      if (address.hasUser()) {
        leftOut.add(
            ("%s: the user of its proxy; write 'machine %s login USER password SECRET' into the"
                    + " data directory's %s")
                .formatted(uri, address.plain(), CredentialsFile.NAME));
      }
      return new Route(address.plain(), "");
    } catch (IllegalArgumentException e) {
      leftOut.add(uri + ": " + e.getMessage());
      return Route.DEFAULT;
    }
  }
}
