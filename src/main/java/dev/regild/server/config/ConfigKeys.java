package dev.regild.server.config;

import dev.regild.api.SigV4;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.db.PostgresAddress;
import dev.regild.feed.SupportFiles;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.machine.Appliances;
import dev.regild.server.config.Config.Auth;
import dev.regild.server.config.Config.Listen;
import dev.regild.server.config.Config.LogFormat;
import dev.regild.server.config.Config.Qualification;
import dev.regild.server.config.Config.Windows;
import dev.regild.servicing.Isolation;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every key: its name, its default, and what its value may be. */
public final class ConfigKeys {
  static final String LISTEN = "listen";
  static final String DATA = "data";
  public static final String DATABASE = "database";
  static final String AUTH = "auth";
  static final String REGION = "region";
  static final String ISOLATION = "isolation";
  static final String WORKERS = "workers";
  static final String LOG_FORMAT = "log.format";
  static final String APPLIANCE_START_LIMIT = "appliance.start-limit";
  static final String QUALIFICATION_TIME_LIMIT = "qualification.time-limit";
  static final String QUALIFICATION_MEMORY = "qualification.memory";
  static final String WINDOWS_MEMORY = "windows.memory";
  static final String WINDOWS_START_LIMIT = "windows.start-limit";
  static final String HTTP_CONNECTIONS = "http.connections";
  static final String HTTP_CONNECTIONS_PER_ADDRESS = "http.connections-per-address";
  static final String HTTP_HEAD_TIME_LIMIT = "http.head-time-limit";
  static final String HTTP_IDLE_TIME_LIMIT = "http.idle-time-limit";
  static final String HTTP_BODY_TIME_LIMIT = "http.body-time-limit";
  static final String HTTP_LEAST_RATE = "http.least-rate";
  static final String CONVERSIONS = "conversions";
  static final String FLATTEN_DEPTH = "flatten.depth";
  static final String AUDIT_SIZE = "audit.size";
  static final String PREFETCH = "prefetch";
  static final String PREFETCH_SIZE = "prefetch.size";
  static final String SNAPSHOTS_KEPT = "snapshots.kept";
  static final String SNAPSHOTS_SIZE = "snapshots.size";
  static final String STORE = "store";
  static final String STORE_ENDPOINT = "store.endpoint";
  static final String STORE_REGION = "store.region";
  static final String STORE_PATH_STYLE = "store.path-style";
  static final String STORE_SSE = "store.sse";
  static final String STORE_PATIENCE = "store.patience";
  static final String STORE_SILENCE = "store.silence";
  static final String STORE_LEAST_RATE = "store.least-rate";
  static final String STORE_GRACE = "store.grace";
  static final String STORE_SCRUB = "store.scrub";
  static final String NODE_CACHE = "node.cache";
  static final String SUPPORT_DISTRO_INFO = "support.distro-info";
  static final String SUPPORT_PACKAGES = "support.debian-security-support";
  static final String NODE_NAME = "node.name";
  static final String NODE_WORK = "node.work";
  static final String WORKER_LISTEN = "worker.listen";
  static final String OPERATORS = "operators";
  static final String TRACES = "traces.endpoint";
  static final String NOTICES_ALLOW = "notices.allow";
  static final String JOBS_ACCELERATOR = "jobs.accelerator";
  static final String TLS = "tls";
  static final String TLS_CERTIFICATE = "tls.certificate";
  static final String TLS_KEY = "tls.key";
  static final String TLS_ACME = "tls.acme";
  static final String TLS_ACME_NAMES = "tls.acme-names";
  static final String TLS_ACME_CONTACT = "tls.acme-contact";
  static final String TLS_ACME_CA_CERT = "tls.acme-ca-cert";
  static final String TLS_ACME_EAB_ID = "tls.acme-eab-id";
  static final String TLS_ACME_EAB_KEY = "tls.acme-eab-key";
  static final String TLS_CLIENT_CA = "tls.client-ca";

  static final Set<String> ALL =
      Stream.of(
              Stream.of(
                  LISTEN,
                  DATA,
                  DATABASE,
                  AUTH,
                  REGION,
                  ISOLATION,
                  WORKERS,
                  LOG_FORMAT,
                  APPLIANCE_START_LIMIT,
                  QUALIFICATION_TIME_LIMIT,
                  QUALIFICATION_MEMORY,
                  WINDOWS_MEMORY,
                  WINDOWS_START_LIMIT,
                  HTTP_CONNECTIONS,
                  HTTP_CONNECTIONS_PER_ADDRESS,
                  HTTP_HEAD_TIME_LIMIT,
                  HTTP_IDLE_TIME_LIMIT,
                  HTTP_BODY_TIME_LIMIT,
                  HTTP_LEAST_RATE,
                  CONVERSIONS,
                  FLATTEN_DEPTH,
                  AUDIT_SIZE,
                  PREFETCH,
                  PREFETCH_SIZE,
                  SNAPSHOTS_KEPT,
                  SNAPSHOTS_SIZE,
                  STORE,
                  STORE_ENDPOINT,
                  STORE_REGION,
                  STORE_PATH_STYLE,
                  STORE_SSE,
                  STORE_PATIENCE,
                  STORE_SILENCE,
                  STORE_LEAST_RATE,
                  STORE_GRACE,
                  STORE_SCRUB,
                  NODE_CACHE,
                  SUPPORT_DISTRO_INFO,
                  SUPPORT_PACKAGES,
                  NODE_NAME,
                  NODE_WORK,
                  OPERATORS,
                  NOTICES_ALLOW,
                  TRACES,
                  JOBS_ACCELERATOR,
                  WORKER_LISTEN,
                  TLS,
                  TLS_CERTIFICATE,
                  TLS_KEY,
                  TLS_ACME,
                  TLS_ACME_NAMES,
                  TLS_ACME_CONTACT,
                  TLS_ACME_CA_CERT,
                  TLS_ACME_EAB_ID,
                  TLS_ACME_EAB_KEY,
                  TLS_CLIENT_CA),
              OpenIdKeys.ALL.stream(),
              MailKeys.ALL.stream(),
              Arrays.stream(Quota.values()).map(ConfigKeys::key))
          .flatMap(Function.identity())
          .collect(Collectors.toUnmodifiableSet());

  private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:\\s]+):(\\d{1,5})");
  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,49}");
  private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(s|m|h|d)");
  private static final int MOST_WORKERS = 64;

  /** Measured with bench/chain.sh. */
  private static final int DEPTH = 20;

  /** Half of what a chain may have for its files to be opened at all. */
  private static final int MOST_DEPTH = 500;

  private static final int MOST_CONNECTIONS = 65_536;

  private final Map<String, String> values;
  private final Map<String, String> environment;

  /**
   * @param environment of the variables that are not Regild's own
   */
  ConfigKeys(Map<String, String> values, Map<String, String> environment) {
    this.values = values;
    this.environment = environment;
  }

  Config config() throws ConfigException {
    return new Config(
        listen(LISTEN, Listen.DEFAULT),
        data(),
        database(),
        choice(AUTH, Auth.SIGV4, Auth.values()),
        region(),
        choice(ISOLATION, Isolation.VM, Isolation.values()),
        number(WORKERS, 1, 1, MOST_WORKERS),
        choice(LOG_FORMAT, LogFormat.AUTO, LogFormat.values()),
        quotas(),
        timeLimit(APPLIANCE_START_LIMIT, Appliances.DEFAULT_START_LIMIT),
        new Qualification(
            timeLimit(QUALIFICATION_TIME_LIMIT, Duration.ofMinutes(15)),
            memory(QUALIFICATION_MEMORY, "1GiB")),
        new Windows(
            memory(WINDOWS_MEMORY, "4GiB"), timeLimit(WINDOWS_START_LIMIT, Duration.ofMinutes(45))),
        http(),
        number(CONVERSIONS, 2, 1, MOST_WORKERS),
        number(FLATTEN_DEPTH, DEPTH, 0, MOST_DEPTH),
        size(AUDIT_SIZE, "2GiB", 1L << 20, 1L << 40, "a size from 1MiB to 1TiB, such as 2GiB"),
        prefetch(),
        new EarlierSnapshots.Limits(
            duration(SNAPSHOTS_KEPT, Duration.ofDays(90), Duration.ZERO, Duration.ofDays(3650)),
            size(SNAPSHOTS_SIZE, "4GiB", 0, 1L << 50, "a size up to 1024TiB, such as 4GiB")
                .bytes()),
        StoreKeys.settings(values),
        size(
            NODE_CACHE,
            "100GiB",
            1L << 30,
            1L << 50,
            "a size from 1GiB to 1024TiB, such as 200GiB, that holds the layers of the largest"
                + " image"),
        node(),
        new Config.Support(
            directory(SUPPORT_DISTRO_INFO, SupportFiles.DISTRO_INFO),
            directory(SUPPORT_PACKAGES, SupportFiles.SECURITY_SUPPORT)),
        OpenIdKeys.settings(values, choice(AUTH, Auth.SIGV4, Auth.values())),
        new TlsKeys(values).settings(),
        new NoticeKeys(values).settings(),
        traces());
  }

  private Optional<URI> traces() throws ConfigException {
    String text = values.getOrDefault(TRACES, "");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = URI.create(text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      // The same remedy as for another scheme.
    }
    throw new ConfigException(
        TRACES + " must be an address such as http://collector.example.com:4318/v1/traces");
  }

  private Config.Node node() throws ConfigException {
    return new Config.Node(
        listen(WORKER_LISTEN, Listen.WORKER_DEFAULT),
        nodeName(),
        nodeWork(),
        operators(),
        choice(JOBS_ACCELERATOR, JobsAccelerator.ANY, JobsAccelerator.values())
            == JobsAccelerator.KVM);
  }

  /** What machines of updates and imports may run under. */
  private enum JobsAccelerator {
    ANY,
    KVM
  }

  private Optional<String> nodeName() throws ConfigException {
    String name = values.getOrDefault(NODE_NAME, "");
    if (!name.isEmpty() && !NODE.matcher(name).matches()) {
      throw wrong(
          NODE_NAME,
          name,
          "at most 50 letters, digits, dots, underscores and hyphens, such as rack-7");
    }
    return Optional.of(name).filter(it -> !it.isEmpty());
  }

  private Optional<Path> nodeWork() throws ConfigException {
    if (!values.containsKey(NODE_WORK)) {
      return Optional.empty();
    }
    if (!values.containsKey(STORE)) {
      throw new ConfigException(
          "node.work is set, but store is not, so that unfinished files must be beside the layers;"
              + " set store, or remove node.work");
    }
    return Optional.of(path(NODE_WORK, values.get(NODE_WORK)));
  }

  private Set<String> operators() throws ConfigException {
    String text = values.getOrDefault(OPERATORS, "");
    Set<String> accounts =
        Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(it -> !it.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
    for (String account : accounts) {
      if (!ACCOUNT.matcher(account).matches()) {
        throw wrong(OPERATORS, text, "the ids of accounts (12 digits), separated by commas");
      }
    }
    return accounts;
  }

  private Optional<ByteSize> prefetch() throws ConfigException {
    ByteSize most =
        size(PREFETCH_SIZE, "1GiB", 1, 1L << 40, "a size from 1B to 1TiB, such as 1GiB");
    return choice(PREFETCH, Config.Prefetch.CHANGES, Config.Prefetch.values())
            == Config.Prefetch.OFF
        ? Optional.empty()
        : Optional.of(most);
  }

  private Config.Http http() throws ConfigException {
    Config.Http byDefault = Config.Http.DEFAULT;
    return new Config.Http(
        number(HTTP_CONNECTIONS, byDefault.connections(), 16, MOST_CONNECTIONS),
        number(
            HTTP_CONNECTIONS_PER_ADDRESS, byDefault.connectionsPerAddress(), 1, MOST_CONNECTIONS),
        clientTime(HTTP_HEAD_TIME_LIMIT, byDefault.headTimeLimit()),
        clientTime(HTTP_IDLE_TIME_LIMIT, byDefault.idleTimeLimit()),
        clientTime(HTTP_BODY_TIME_LIMIT, byDefault.bodyTimeLimit()),
        size(
            HTTP_LEAST_RATE,
            Long.toString(byDefault.leastRate().bytes()),
            1,
            1L << 30,
            "a size per second from 1B to 1GiB, such as 4KiB"));
  }

  private Listen listen(String key, Listen byDefault) throws ConfigException {
    String text = values.getOrDefault(key, byDefault.toString());
    Matcher matcher = ADDRESS.matcher(text);
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65535) {
      throw wrong(key, text, "an address and a port, such as 127.0.0.1:8790 or [::1]:8790");
    }
    return new Listen(
        matcher.group(1).replaceAll("[\\[\\]]", ""), Integer.parseInt(matcher.group(2)));
  }

  private Path data() throws ConfigException {
    return path(DATA, values.getOrDefault(DATA, "/var/lib/regild"));
  }

  private Path directory(String key, Path byDefault) throws ConfigException {
    return path(key, values.getOrDefault(key, byDefault.toString()));
  }

  private static Path path(String key, String text) throws ConfigException {
    try {
      if (!text.isBlank()) {
        return Path.of(text).toAbsolutePath().normalize();
      }
    } catch (InvalidPathException e) {
      // The same remedy as for a blank one.
    }
    throw wrong(key, text, "the path of a directory");
  }

  /** Its errors do not repeat the value, which may contain a password. */
  private Optional<PostgresAddress> database() throws ConfigException {
    String text = values.getOrDefault(DATABASE, "");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<PostgresAddress> address = PostgresAddress.parse(text, environment);
    if (address.isEmpty()) {
      throw new ConfigException("%s must be %s".formatted(DATABASE, PostgresAddress.FORM));
    }
    return address;
  }

  private String region() throws ConfigException {
    String text = values.getOrDefault(REGION, "us-east-1");
    if (!SigV4.isRegion(text)) {
      throw wrong(REGION, text, "the name of a region, such as us-east-1");
    }
    return text;
  }

  private QuotaLimits quotas() throws ConfigException {
    Map<Quota, Integer> limits = new EnumMap<>(Quota.class);
    for (Quota quota : Quota.values()) {
      limits.put(quota, number(key(quota), quota.byDefault(), 0, quota.most()));
    }
    return new QuotaLimits(limits);
  }

  private static String key(Quota quota) {
    return "quotas." + quota.key();
  }

  private ByteSize memory(String key, String byDefault) throws ConfigException {
    return size(key, byDefault, 128L << 20, 1L << 40, "a size from 128MiB to 1TiB, such as 1GiB");
  }

  private ByteSize size(String key, String byDefault, long least, long most, String remedy)
      throws ConfigException {
    String text = values.getOrDefault(key, byDefault);
    return ByteSize.parse(text)
        .filter(size -> size.bytes() >= least && size.bytes() <= most)
        .orElseThrow(() -> wrong(key, text, remedy));
  }

  private <E extends Enum<E>> E choice(String key, E byDefault, E[] choices)
      throws ConfigException {
    String text = values.getOrDefault(key, byDefault.name());
    return Arrays.stream(choices)
        .filter(choice -> choice.name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(() ->
            wrong(
                key,
                text,
                Arrays.stream(choices)
                    .map(choice -> choice.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" or "))));
  }

  private int number(String key, int byDefault, int least, int most) throws ConfigException {
    String text = values.getOrDefault(key, String.valueOf(byDefault));
    if (text.matches("\\d{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw wrong(key, text, "a whole number from %d to %d".formatted(least, most));
  }

  /** For what a machine does after it was switched on. */
  private Duration timeLimit(String key, Duration byDefault) throws ConfigException {
    return duration(key, byDefault, Duration.ofSeconds(30), Duration.ofHours(6));
  }

  /** For what a client does on its connection. */
  private Duration clientTime(String key, Duration byDefault) throws ConfigException {
    return duration(key, byDefault, Duration.ofSeconds(1), Duration.ofHours(1));
  }

  private Duration duration(String key, Duration byDefault, Duration least, Duration most)
      throws ConfigException {
    String text = values.getOrDefault(key, byDefault.toString());
    return duration(text)
        .filter(d -> d.compareTo(least) >= 0 && d.compareTo(most) <= 0)
        .orElseThrow(() ->
            wrong(
                key,
                text,
                "a duration such as 90s, 15m or 1h, from %d s to %d s"
                    .formatted(least.toSeconds(), most.toSeconds())));
  }

  static Optional<Duration> duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    try {
      return Optional.of(
          matcher.matches()
              ? Duration.parse(
                  matcher.group(2).equals("d")
                      ? "P" + matcher.group(1) + "D"
                      : "PT" + matcher.group(1) + matcher.group(2))
              : Duration.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** The file of a key, which need not be there; empty if the key is not set. */
  static Optional<Path> file(Map<String, String> values, String key, String remedy)
      throws ConfigException {
    String text = values.getOrDefault(key, "");
    try {
      return text.isBlank()
          ? Optional.empty()
          : Optional.of(Path.of(text).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      throw wrong(key, text, remedy);
    }
  }

  static ConfigException wrong(String key, String value, String remedy) {
    return new ConfigException("%s is '%s', but must be %s".formatted(key, value, remedy));
  }
}
