package dev.regild.cli.client;

import dev.regild.server.tls.ServerTls;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** The options of every command that talks to a running server. */
public final class ServerConnection {
  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      converter = ServerAddress.class,
      defaultValue = "${env:REGILD_ENDPOINT:-http://127.0.0.1:8790}",
      description =
          "The server's URL, or HOST:PORT. Default: REGILD_ENDPOINT, else"
              + " http://127.0.0.1:8790.")
  public URI endpoint = URI.create("http://127.0.0.1:8790");

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description =
          "The region of the images. Default: AWS_REGION, AWS_DEFAULT_REGION, else" + " us-east-1.")
  @Nullable String region;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "${env:REGILD_DATA:-/var/lib/regild}",
      description =
          "The data directory of a server on this machine, to read credentials from if"
              + " the environment has none. Default: REGILD_DATA, else /var/lib/regild.")
  public Path data = Path.of("/var/lib/regild");

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "A PEM file with the server's certificate or its issuers'. Default: AWS_CA_BUNDLE, else"
              + " Java's certificates; and the certificate of a server on this machine.")
  @Nullable Path authority;

  public ApiClient client() throws IOException {
    return new ApiClient(endpoint, regionOr(region), credentials(), trust());
  }

  /** Plain connections need none, and to read Java's certificates takes a while. */
  private Optional<SSLContext> trust() throws IOException {
    if (!"https".equals(endpoint.getScheme())) {
      return Optional.empty();
    }
    return Optional.of(
        authority != null
            ? ServerTrust.only(authority)
            : ServerTrust.usual(
                Optional.ofNullable(System.getenv("AWS_CA_BUNDLE"))
                    .filter(it -> !it.isBlank())
                    .map(Path::of),
                ServerTls.ownCertificate(data)));
  }

  /** The region that was named, else that of the environment, else us-east-1. */
  public static String regionOr(@Nullable String named) {
    if (named != null) {
      return named;
    }
    for (String name : List.of("AWS_REGION", "AWS_DEFAULT_REGION")) {
      String value = System.getenv(name);
      if (value != null && !value.isBlank()) {
        return value;
      }
    }
    return "us-east-1";
  }

  /** The environment's key, else the one that a server here wrote, else the user's own. */
  private AwsCredentialsIdentity credentials() throws IOException {
    String id = System.getenv("AWS_ACCESS_KEY_ID");
    String secret = System.getenv("AWS_SECRET_ACCESS_KEY");
    if (id != null && secret != null) {
      return AwsCredentialsIdentity.create(id, secret);
    }
    String profile = Optional.ofNullable(System.getenv("AWS_PROFILE")).orElse("default");
    Path ownFile = data.resolve("credentials");
    Path userFile = Path.of(System.getProperty("user.home", "/"), ".aws", "credentials");
    for (Path file : List.of(ownFile, userFile)) {
      Optional<AwsCredentialsIdentity> found =
          read(file, file.equals(ownFile) ? "default" : profile);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new IOException(
        "No access key found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the data"
            + " directory of the server (--data DIR; there is no readable "
            + ownFile
            + "), or fill "
            + userFile
            + ".");
  }

  private static Optional<AwsCredentialsIdentity> read(Path file, String profile)
      throws IOException {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    String section = "";
    for (String line : Files.readAllLines(file)) {
      String text = line.strip();
      if (text.startsWith("[") && text.endsWith("]")) {
        section = text.substring(1, text.length() - 1).strip();
      } else if (section.equals(profile) && text.contains("=")) {
        int equals = text.indexOf('=');
        values.put(text.substring(0, equals).strip(), text.substring(equals + 1).strip());
      }
    }
    String id = values.get("aws_access_key_id");
    String secret = values.get("aws_secret_access_key");
    return id == null || secret == null
        ? Optional.empty()
        : Optional.of(AwsCredentialsIdentity.create(id, secret));
  }
}
