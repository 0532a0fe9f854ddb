package dev.regild.fetch;

import static java.util.stream.Collectors.joining;

import dev.regild.db.Database;
import dev.regild.files.FileDigest;
import dev.regild.files.Sha256;
import dev.regild.files.StallGuard;
import dev.regild.files.StrongHash;
import dev.regild.machine.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * Reads what is behind http, https and file URIs. A transfer that breaks is tried again; one that
 * stalls or creeps is broken off, and all attempts together have a limit ({@link StallGuard.Pace}),
 * which grows with the size where that is known. Redirects are followed up to five times, never
 * from https to http, and not at all by a request with credentials or a client certificate, so that
 * these go nowhere else.
 */
public final class Transport {
  private static final int ATTEMPTS = 3;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

  /** A server may have to look up thousands of records before it answers. */
  private static final Duration POST_LIMIT = Duration.ofMinutes(5);

  static {
    // Else Java asks no proxy for https with a user's password, however it is told to; read when
    // the first request is made.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private static final Set<Integer> WORTH_ANOTHER_TRY = Set.of(408, 425, 429, 500, 502, 503, 504);

  /** Of the whole process, as its environment is. */
  private static final class Shared {
    static final HttpConnections CONNECTIONS = new HttpConnections(System.getenv());
  }

  private final CredentialsFile credentials;
  private final ClientIdentities identities;
  private final Supplier<HttpConnections> connections;
  private final Route route;
  private final boolean staying;
  private final Duration firstPause;
  private final StallGuard.Pace pace;

  /** With the credentials and the client certificates of a data directory. */
  public static Transport in(Path data) {
    return new Transport(data, Duration.ofMillis(500), StallGuard.Pace.OF_MIRRORS);
  }

  /**
   * @param firstPause before the second attempt; before the third it is four times that
   * @param pace that every transfer has to keep
   */
  public Transport(Path data, Duration firstPause, StallGuard.Pace pace) {
    this(
        CredentialsFile.in(data),
        ClientIdentities.in(data),
        () -> Shared.CONNECTIONS,
        Route.DEFAULT,
        false,
        firstPause,
        pace);
  }

  private Transport(
      CredentialsFile credentials,
      ClientIdentities identities,
      Supplier<HttpConnections> connections,
      Route route,
      boolean staying,
      Duration firstPause,
      StallGuard.Pace pace) {
    this.credentials = credentials;
    this.identities = identities;
    this.connections = connections;
    this.route = route;
    this.staying = staying;
    this.firstPause = firstPause;
    this.pace = pace;
  }

  /** The same to servers that are reached in another way. */
  public Transport by(Route other) {
    return new Transport(credentials, identities, connections, other, staying, firstPause, pace);
  }

  /** The same, which follows no redirect. */
  public Transport staying() {
    return new Transport(credentials, identities, connections, route, true, firstPause, pace);
  }

  /** The same with the proxies of another environment. */
  public Transport withEnvironment(Map<String, String> environment) {
    HttpConnections others = new HttpConnections(environment);
    return new Transport(credentials, identities, () -> others, route, staying, firstPause, pace);
  }

  /** What a conditional read came to. */
  public sealed interface Document {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Content(byte[] bytes, Validators validators) implements Document {}

    record NotModified() implements Document {}
  }

  /**
   * Reads a small document into memory, unless it is what the validators stand for.
   *
   * @param limit bytes above which it is refused
   * @throws MissingFileException if the server says that there is none
   */
  public Document read(URI uri, Validators known, int limit)
      throws FetchException, InterruptedException {
    return attempt(
        uri,
        pace,
        left -> {
          try (Answer answer = open(uri, known, left)) {
            if (answer.status() == 304) {
              return new Document.NotModified();
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            copy(uri, answer.body(), limit, bytes, n -> {});
            return new Document.Content(bytes.toByteArray(), answer.validators());
          }
        });
  }

  /**
   * What was written of a file whose hash was not known.
   *
   * @param sha256 in lower-case hexadecimal
   */
  public record Fetched(String sha256, long bytes, Validators validators) {}

  /**
   * Writes a file whose hash is not known, and syncs it; on any failure it leaves none.
   *
   * @param limit bytes above which it is refused
   * @return empty if it is what the validators stand for
   * @throws MissingFileException if the server says that there is none
   */
  public Optional<Fetched> fetch(URI uri, Path target, Validators known, long limit)
      throws FetchException, InterruptedException {
    return attempt(
        uri,
        pace,
        left -> {
          try (Answer answer = open(uri, known, left)) {
            if (answer.status() == 304) {
              return Optional.empty();
            }
            MessageDigest digest = StrongHash.SHA256.digest();
            try (LocalFile file = LocalFile.create(target)) {
              long bytes =
                  copy(uri, answer.body(), limit, new DigestOutputStream(file, digest), n -> {});
              file.sync();
              return Optional.of(new Fetched(Sha256.hex(digest), bytes, answer.validators()));
            }
          } catch (IOException | FetchException e) {
            Files.deleteIfExists(target);
            throw e;
          }
        });
  }

  /**
   * Reads a file whose hash is known, and syncs it; on any failure it leaves none.
   *
   * @param limit bytes above which it is refused if its size isn't known
   * @param onBytes gets the number of bytes as they come; negative when an attempt starts over
   * @throws MissingFileException if the server says that there is none
   * @throws HashMismatchException if other content came
   */
  public void download(URI uri, Path target, FileDigest expected, long limit, LongConsumer onBytes)
      throws FetchException, InterruptedException {
    attempt(
        uri,
        pace.forBytes(expected.size()),
        left -> {
          long[] received = {0};
          LongConsumer count =
              n -> {
                received[0] += n;
                onBytes.accept(n);
              };
          try {
            downloadOnce(uri, target, expected, limit, count, left);
            return target;
          } catch (IOException | FetchException e) {
            onBytes.accept(-received[0]);
            Files.deleteIfExists(target);
            throw e;
          }
        });
  }

  /**
   * The same from the first of several places that has it.
   *
   * @param failed of the files that are fetched along with it; gets the servers that fail now
   * @throws MissingFileException if one of the servers says that there is none, and no other has it
   * @throws HashMismatchException if one of them had other content, and no other has it
   * @throws FetchException why the places could not be used, or this disk
   */
  public void download(
      List<URI> uris,
      Path target,
      FileDigest expected,
      long limit,
      LongConsumer onBytes,
      FailedServers failed)
      throws FetchException, InterruptedException {
    List<FetchException> failures = new ArrayList<>();
    for (URI uri : failed.inOrder(uris)) {
      try {
        download(uri, target, expected, limit, onBytes);
        return;
      } catch (FetchException e) {
        if (e.getCause() instanceof LocalFile.UnwritableException) {
          throw e;
        }
        failed.add(uri, e);
        failures.add(e);
      }
    }
    throw noneOf(failures);
  }

  /**
   * The same for a large file, which goes on where an earlier attempt has stopped, of whatever
   * process. What has come stays after a failure, unless the content was wrong.
   *
   * @param partial the file, as far as it has come; nobody else writes to it
   * @param expected with a size
   * @param onBytes gets the number of bytes as they come; negative when a server starts over
   */
  public void resume(
      List<URI> uris, Path partial, FileDigest expected, LongConsumer onBytes, FailedServers failed)
      throws FetchException, InterruptedException {
    List<FetchException> failures = new ArrayList<>();
    for (URI uri : failed.inOrder(uris)) {
      try {
        resume(uri, partial, expected, onBytes);
        return;
      } catch (FetchException e) {
        if (e.getCause() instanceof LocalFile.UnwritableException) {
          throw e;
        }
        failed.add(uri, e);
        failures.add(e);
      }
    }
    throw noneOf(failures);
  }

  private void resume(URI uri, Path partial, FileDigest expected, LongConsumer onBytes)
      throws FetchException, InterruptedException {
    long size = expected.size().orElseThrow();
    Received received = new Received(onBytes);
    var _ =
        attempt(
            uri,
            pace.forBytes(expected.size()),
            left -> {
              long there = Files.exists(partial) ? Files.size(partial) : 0;
              if (there > size) {
                Files.delete(partial);
                there = 0;
              }
              if (there < size) {
                append(uri, partial, there, size, received, left);
              }
              String actual = expected.algorithm().of(partial);
              if (!expected.matches(Files.size(partial), actual)) {
                FileDigest came = new FileDigest(Files.size(partial), actual);
                Files.delete(partial);
                received.startOver();
                if (there > 0) {
                  // What was there already may be what is wrong, so all of it is asked for.
                  throw new IOException("the rest of the file does not fit what came before");
                }
                throw wrongContent(uri, came, expected);
              }
              return partial;
            });
  }

  private void append(
      URI uri, Path partial, long there, long size, Received received, StallGuard.Pace left)
      throws IOException, FetchException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(ANSWER_LIMIT);
    if (there > 0) {
      request.header("Range", "bytes=" + there + "-");
    }
    HttpResponse<InputStream> response = sent(uri, request, HttpClient.Redirect.NORMAL);
    int status = response.statusCode();
    if (there > 0 && (status == 416 || (status == 206 && !isRestFrom(there, response)))) {
      response.body().close();
      Files.delete(partial);
      received.startOver();
      throw new IOException("the server does not have the rest of the file; all of it is wanted");
    }
    if (status != 200 && status != 206) {
      throw refusal(uri, response, HttpClient.Redirect.NORMAL);
    }
    // A server without ranges sends all of it.
    boolean rest = status == 206 && there > 0;
    if (!rest) {
      received.startOver();
    }
    try (InputStream body = new StallGuard(response.body(), left);
        LocalFile file = rest ? LocalFile.append(partial) : LocalFile.create(partial)) {
      copy(uri, body, rest ? size - there : size, file, received);
      file.sync();
    } catch (HashMismatchException e) {
      Files.deleteIfExists(partial);
      throw e;
    }
    if (Files.size(partial) < size) {
      throw new IOException("the connection ended before the file did");
    }
  }

  /** What has come of a file from one server, for who watches. */
  private static final class Received implements LongConsumer {
    private final LongConsumer watcher;
    private long bytes;

    Received(LongConsumer watcher) {
      this.watcher = watcher;
    }

    @Override
    public void accept(long count) {
      bytes += count;
      watcher.accept(count);
    }

    void startOver() {
      if (bytes > 0) {
        watcher.accept(-bytes);
        bytes = 0;
      }
    }
  }

  /** A server that doesn't say where its part begins is believed: the digest decides. */
  private static boolean isRestFrom(long there, HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Content-Range")
        .map(range -> range.startsWith("bytes " + there + "-"))
        .orElse(true);
  }

  private static HashMismatchException wrongContent(URI uri, FileDigest came, FileDigest expected) {
    return new HashMismatchException(
        uri
            + " is not the file that the signed index names: "
            + came
            + " came, not "
            + expected
            + "; the mirror may be changing: try again later, or use another one");
  }

  /** Of the kind that says most: that a file is gone or changed is worth another look at all. */
  static FetchException noneOf(List<FetchException> failures) {
    if (failures.size() == 1) {
      return failures.getFirst();
    }
    String why =
        "none of "
            + failures.size()
            + " mirrors has the file; "
            + failures.stream().limit(2).map(Throwable::getMessage).collect(joining("; "));
    FetchException all;
    if (failures.stream().anyMatch(MissingFileException.class::isInstance)) {
      all = new MissingFileException(why);
    } else if (failures.stream().anyMatch(HashMismatchException.class::isInstance)) {
      all = new HashMismatchException(why);
    } else {
      all = new FetchException(why);
    }
    failures.forEach(all::addSuppressed);
    return all;
  }

  private void downloadOnce(
      URI uri,
      Path target,
      FileDigest expected,
      long limit,
      LongConsumer onBytes,
      StallGuard.Pace left)
      throws IOException, FetchException, InterruptedException {
    MessageDigest digest = expected.algorithm().digest();
    long most = expected.size().orElse(limit);
    long received;
    try (Answer answer = open(uri, Validators.NONE, left);
        LocalFile file = LocalFile.create(target)) {
      received = copy(uri, answer.body(), most, new DigestOutputStream(file, digest), onBytes);
      file.sync();
    }
    String actual = Sha256.hex(digest);
    if (!expected.matches(received, actual)) {
      throw wrongContent(uri, new FileDigest(received, actual), expected);
    }
  }

  /** Returns whether a server has a file, without reading it. */
  public boolean exists(URI uri) throws FetchException, InterruptedException {
    return attempt(
        uri,
        pace,
        _ -> {
          HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(ANSWER_LIMIT).HEAD();
          HttpResponse<InputStream> response = sent(uri, request, HttpClient.Redirect.NORMAL);
          if (response.statusCode() == 200) {
            response.body().close();
            return true;
          }
          FetchException refusal = refusal(uri, response, HttpClient.Redirect.NORMAL);
          if (refusal instanceof MissingFileException) {
            return false;
          }
          throw refusal;
        });
  }

  /** Reads the answer to a posted message. */
  public interface AnswerReader<T> {
    /**
     * Reads it.
     *
     * @param status 200, or 500 with a message of its own
     */
    T read(int status, InputStream body) throws IOException, FetchException, InterruptedException;
  }

  /**
   * Posts a message that may be posted again, and reads the answer. A redirect is not followed.
   *
   * @param headers besides those that every request has
   * @param limit bytes of the answer above which it is refused
   */
  public <T> T post(
      URI uri, Map<String, String> headers, byte[] message, long limit, AnswerReader<T> reader)
      throws FetchException, InterruptedException {
    return attempt(
        uri,
        pace,
        left -> {
          HttpRequest.Builder request =
              HttpRequest.newBuilder(uri)
                  .timeout(POST_LIMIT)
                  .POST(HttpRequest.BodyPublishers.ofByteArray(message));
          headers.forEach(request::header);
          HttpResponse<InputStream> response = sent(uri, request, HttpClient.Redirect.NEVER);
          int status = response.statusCode();
          if (status != 200 && (status != 500 || response.body() == null)) {
            throw refusal(uri, response, HttpClient.Redirect.NEVER);
          }
          try (InputStream body = new Limited(uri, new StallGuard(response.body(), left), limit)) {
            return reader.read(status, body);
          }
        });
  }

  /** An answer that may not be larger than expected. */
  private static final class Limited extends FilterInputStream {
    private final URI uri;
    private long left;

    Limited(URI uri, InputStream in, long limit) {
      super(in);
      this.uri = uri;
      this.left = limit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = in.read(buffer, offset, length);
      left -= Math.max(0, count);
      if (left < 0) {
        throw new IOException("the answer of " + uri + " is larger than any that is expected");
      }
      return count;
    }
  }

  /** One answer; the body ends with an exception if it does not keep the pace. */
  private record Answer(int status, InputStream body, Validators validators)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  private Answer open(URI uri, Validators known, StallGuard.Pace left)
      throws IOException, FetchException, InterruptedException {
    if ("file".equals(uri.getScheme())) {
      return openFile(uri, known);
    }
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(ANSWER_LIMIT);
    if (!known.etag().isEmpty()) {
      request.header("If-None-Match", known.etag());
    }
    if (!known.lastModified().isEmpty()) {
      request.header("If-Modified-Since", known.lastModified());
    }
    HttpResponse<InputStream> response = sent(uri, request, HttpClient.Redirect.NORMAL);
    int status = response.statusCode();
    if (status == 200 || (status == 304 && !known.equals(Validators.NONE))) {
      Validators validators =
          new Validators(
              response.headers().firstValue("ETag").orElse(""),
              response.headers().firstValue("Last-Modified").orElse(""));
      return new Answer(status, new StallGuard(response.body(), left), validators);
    }
    throw refusal(uri, response, HttpClient.Redirect.NORMAL);
  }

  /**
   * Sends a request, by the route, with what the server wants to see.
   *
   * @param redirects whether they are followed, if nothing secret goes with the request
   */
  private HttpResponse<InputStream> sent(
      URI uri, HttpRequest.Builder request, HttpClient.Redirect redirects)
      throws IOException, FetchException, InterruptedException {
    request.header("User-Agent", "regild");
    Optional<String> authorization = credentials.authorization(uri);
    authorization.ifPresent(value -> request.header("Authorization", value));
    Optional<ClientIdentity> identity = identities.of(uri);
    if (identity.isPresent()) {
      identity.get().requireValid();
    }
    Optional<ProxyAddress> proxy = connections.get().proxy(route, uri);
    Optional<String> proxyAuthorization = proxyAuthorization(proxy);
    proxyAuthorization.ifPresent(value -> request.header("Proxy-Authorization", value));
    boolean stays = stays(uri, redirects);
    HttpClient client =
        connections
            .get()
            .client(
                route, identity, stays ? HttpClient.Redirect.NEVER : HttpClient.Redirect.NORMAL);
    return sent(client, request.build(), identity.isPresent(), proxy);
  }

  private boolean stays(URI uri, HttpClient.Redirect redirects) throws FetchException {
    return redirects == HttpClient.Redirect.NEVER
        || staying
        || identities.of(uri).isPresent()
        || credentials.authorization(uri).isPresent();
  }

  private FetchException refusal(
      URI uri, HttpResponse<InputStream> response, HttpClient.Redirect redirects)
      throws IOException, FetchException {
    // Java gives none out if it was the proxy that answered, in place of opening a tunnel.
    Optional<InputStream> body = Optional.ofNullable(response.body());
    if (body.isPresent()) {
      body.get().close();
    }
    int status = response.statusCode();
    Optional<String> target = response.headers().firstValue("Location");
    if (target.isPresent() && stays(uri, redirects)) {
      return notFollowed(uri, status, target.get());
    }
    if (status == 407) {
      return wantsUser(uri, connections.get().proxy(route, uri));
    }
    return refused(uri, status);
  }

  /** By its own address, or by the same file as the passwords of repositories. */
  private Optional<String> proxyAuthorization(Optional<ProxyAddress> proxy) throws FetchException {
    if (proxy.isEmpty() || proxy.get().hasUser()) {
      return proxy.flatMap(ProxyAddress::authorization);
    }
    return credentials.authorization(URI.create(proxy.get().plain() + "/"));
  }

  private static FetchException wantsUser(URI uri, Optional<ProxyAddress> proxy) {
    String address = proxy.map(ProxyAddress::plain).orElse("its proxy");
    return new FetchException(
        ("%s could not be read: the proxy %s requires a user and a password; write 'machine %s"
                + " login USER password SECRET' into the data directory's %s")
            .formatted(uri, address, address, CredentialsFile.NAME));
  }

  /** Of the target only its server is named: the rest may hold what is as good as a password. */
  private FetchException notFollowed(URI uri, int status, String target) {
    return new FetchException(
        uri
            + " could not be read: HTTP "
            + status
            + ", it redirects to "
            + server(uri, target).orElse("another place")
            + (staying
                ? ", which is not followed, as files of updates come from known servers only; if a"
                    + " proxy or a portal redirects, correct the route to the server"
                : ", which is not followed, as credentials or a client certificate go with the"
                    + " request; use that address as the source's URI, with its own entry in "
                    + CredentialsFile.NAME
                    + " if it wants some"));
  }

  private static Optional<String> server(URI from, String location) {
    try {
      URI target = from.resolve(location);
      return Optional.ofNullable(target.getHost())
          .map(host -> target.getScheme() + "://" + host + port(target));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String port(URI target) {
    return target.getPort() < 0 ? "" : ":" + target.getPort();
  }

  /** A certificate that is refused by one side is refused the next time too. */
  private static HttpResponse<InputStream> sent(
      HttpClient client, HttpRequest request, boolean identified, Optional<ProxyAddress> proxy)
      throws IOException, FetchException, InterruptedException {
    assert Database.isOutsideTransactions()
        : "a request of %s inside a transaction".formatted(request.uri());
    try {
      return client.send(request, BodyHandlers.ofInputStream());
    } catch (SSLException e) {
      String why = reason(e);
      if (why.contains("PKIX") || why.contains("No subject alternative")) {
        throw new FetchException(
            request.uri()
                + " could not be read: the server's certificate is not trusted ("
                + why
                + "); check that it is the right server, and name its authority by --ca-cert or"
                + " ca-cert, or have this machine's Java trust it",
            e);
      }
      if (why.contains("Received fatal alert") && why.contains("certificate")) {
        throw new FetchException(
            request.uri()
                + " could not be read: "
                + (identified
                    ? "the server refuses the client certificate ("
                        + why
                        + "); use one that it"
                        + " issued"
                    : "the server requires a client certificate (" + why + ")")
                + ": regild channel add … --client-cert FILE --client-key FILE",
            e);
      }
      throw e;
    } catch (IOException e) {
      if (proxy.isEmpty()) {
        throw e;
      }
      throw new IOException(reason(e) + ", through the proxy " + proxy.get().plain(), e);
    }
  }

  private static Answer openFile(URI uri, Validators known) throws IOException, FetchException {
    Path file = Path.of(uri.getPath());
    try {
      Validators now = new Validators("", Files.getLastModifiedTime(file).toString());
      if (now.equals(known)) {
        return new Answer(304, InputStream.nullInputStream(), now);
      }
      return new Answer(200, Files.newInputStream(file), now);
    } catch (NoSuchFileException e) {
      throw new MissingFileException(uri + " does not exist; correct its address");
    }
  }

  private static FetchException refused(URI uri, int status) throws IOException {
    if (WORTH_ANOTHER_TRY.contains(status)) {
      throw new IOException("the server answered HTTP " + status);
    }
    if (status == 404 || status == 410) {
      return new MissingFileException(
          uri
              + " does not exist (HTTP "
              + status
              + "); if the mirror moved on, refresh again, else correct its address");
    }
    String remedy =
        switch (status) {
          case 401, 403 ->
              "access denied; put the user and password into the data directory's "
                  + CredentialsFile.NAME
                  + ", add the channel with its client certificate, or use a public mirror";
          case 301, 302, 303, 307, 308 -> "it redirects too often, or from https to http";
          default -> "check the mirror, or use another one";
        };
    return new FetchException(uri + " could not be read: HTTP " + status + "; " + remedy);
  }

  private static long copy(
      URI uri, InputStream in, long limit, OutputStream out, LongConsumer onBytes)
      throws IOException, HashMismatchException {
    byte[] buffer = new byte[1 << 16];
    long total = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      total += n;
      if (total > limit) {
        throw new HashMismatchException(
            uri + " is larger than the " + limit + "-byte limit; use another mirror");
      }
      out.write(buffer, 0, n);
      onBytes.accept(n);
    }
    return total;
  }

  private interface Attempt<T> {
    /** With the time that is left. */
    T make(StallGuard.Pace left) throws IOException, FetchException, InterruptedException;
  }

  private <T> T attempt(URI uri, StallGuard.Pace together, Attempt<T> attempt)
      throws FetchException, InterruptedException {
    Duration pause = firstPause;
    Deadline deadline = Deadline.in(together.total());
    for (int i = 1; ; i++) {
      try {
        return attempt.make(together.within(deadline.left()));
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while reading " + uri);
        }
        if (e instanceof LocalFile.UnwritableException) {
          throw new FetchException(String.valueOf(e.getMessage()), e);
        }
        if (i == ATTEMPTS || deadline.isOver()) {
          throw new FetchException(
              uri
                  + " could not be read in "
                  + i
                  + (i == 1 ? " attempt (" : " attempts (")
                  + reason(e)
                  + "); check the network and that the mirror is up, or use another one",
              e);
        }
      }
      Thread.sleep(pause);
      pause = pause.multipliedBy(4);
    }
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
