package dev.regild.db;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The address of a PostgreSQL database, and the role that uses it.
 *
 * @param host a name or an address
 * @param database its name
 * @param user the role; empty for the user of the operating system
 * @param password empty for the one in the {@code .pgpass} file, if any
 * @param encryption {@code sslmode} and its files
 */
public record PostgresAddress(
    String host,
    int port,
    String database,
    Optional<String> user,
    Optional<String> password,
    Map<String, String> encryption) {
  public PostgresAddress {
    encryption = Map.copyOf(encryption);
  }

  /** What an address must be, for messages. */
  public static final String FORM =
      "an address such as postgresql://regild@db.example.com:5432/regild, with sslmode, sslrootcert,"
          + " sslcert and sslkey as its only parameters";

  private static final int DEFAULT_PORT = 5432;
  private static final int MOST_PORT = 65_535;
  private static final Set<String> SCHEMES = Set.of("postgresql", "postgres");
  private static final Set<String> PARAMETERS =
      Set.of("sslmode", "sslrootcert", "sslcert", "sslkey");

  /**
   * Reads an address.
   *
   * @param environment has {@code PGPASSWORD}, for an address without a password
   * @return empty if it does not have the {@link #FORM}
   */
  public static Optional<PostgresAddress> parse(String text, Map<String, String> environment) {
    try {
      URI uri = new URI(text);
      String path = Optional.ofNullable(uri.getRawPath()).orElse("");
      Optional<Map<String, String>> parameters = parameters(uri.getRawQuery());
      if (!SCHEMES.contains(String.valueOf(uri.getScheme()))
          || uri.getHost() == null
          || uri.getPort() > MOST_PORT
          || !path.matches("/[^/]+")
          || uri.getRawFragment() != null
          || parameters.isEmpty()) {
        return Optional.empty();
      }
      String[] info = String.valueOf(uri.getRawUserInfo()).split(":", 2);
      boolean named = uri.getRawUserInfo() != null && !info[0].isEmpty();
      return Optional.of(
          new PostgresAddress(
              uri.getHost(),
              uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
              decoded(path.substring(1)),
              named ? Optional.of(decoded(info[0])) : Optional.empty(),
              named && info.length == 2
                  ? Optional.of(decoded(info[1]))
                  : Optional.ofNullable(environment.get("PGPASSWORD")),
              parameters.get()));
    } catch (URISyntaxException | IllegalArgumentException e) {
      // Its message repeats the address, and with it a password.
      return Optional.empty();
    }
  }

  private static Optional<Map<String, String>> parameters(@Nullable String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        String[] pair = parameter.split("=", 2);
        if (pair.length < 2 || !PARAMETERS.contains(pair[0])) {
          return Optional.empty();
        }
        parameters.put(pair[0], decoded(pair[1]));
      }
    }
    return Optional.of(parameters);
  }

  /** Keeps a plus sign, which does not mean a space in these parts of an address. */
  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
  }

  PGSimpleDataSource source() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(new String[] {host});
    source.setPortNumbers(new int[] {port});
    source.setDatabaseName(database);
    user.ifPresent(source::setUser);
    password.ifPresent(source::setPassword);
    Optional.ofNullable(encryption.get("sslmode")).ifPresent(source::setSslMode);
    Optional.ofNullable(encryption.get("sslrootcert")).ifPresent(source::setSslRootCert);
    Optional.ofNullable(encryption.get("sslcert")).ifPresent(source::setSslCert);
    Optional.ofNullable(encryption.get("sslkey")).ifPresent(source::setSslKey);
    return source;
  }

  /** For messages and the log: without the password. */
  @Override
  public String toString() {
    return "postgresql://%s%s:%d/%s"
        .formatted(user.map(name -> name + "@").orElse(""), host, port, database);
  }
}
