package dev.regild.server.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.regild.server.config.Config;
import dev.regild.server.tls.ServerTls;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * HTTP/1.1, and HTTP/1.0, which Helidon's reader refuses: an HTTP/1.0 connection is read as
 * HTTP/1.1 with {@code Connection: close}. The answer has the server's own version (RFC 9110,
 * section 6.2).
 */
final class HttpVersions implements ServerConnectionSelector {
  private final ServerConnectionSelector http11 =
      Http1ConnectionSelector.builder()
          .config(Http1Config.builder().maxPrologueLength(8 << 10).maxHeadersSize(16 << 10).build())
          .build();

  private final Connections connections;
  private final Config.Http limits;
  private final Optional<ServerTls> tls;

  HttpVersions(Connections connections, Config.Http limits, Optional<ServerTls> tls) {
    this.connections = connections;
    this.limits = limits;
    this.tls = tls;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http11.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    return tls.map(it -> encrypted(context, it))
        .orElseGet(() -> guarded(context, HttpVersions::sayNothing, HttpVersions::sayNothing));
  }

  private ServerConnection encrypted(ConnectionContext context, ServerTls tls) {
    TlsStream stream = new TlsStream(tls.engine(), context.dataReader(), context.dataWriter());
    return guarded(
        ConnectionView.encrypted(context, DataReader.create(stream::read), stream),
        stream::handshake,
        stream::close);
  }

  private ServerConnection guarded(
      ConnectionContext context, Runnable handshake, Runnable farewell) {
    return new GuardedConnection(
        connections,
        limits,
        context,
        handshake,
        farewell,
        guarded ->
            http11.connection(
                ConnectionView.of(
                    context,
                    DataReader.create(new FirstHead(guarded.reader())),
                    guarded.writer())));
  }

  private static void sayNothing() {
    // A plain connection needs no handshake, and its end says enough.
  }

  /** What comes, with the head of a first request of HTTP/1.0 translated. */
  private static final class FirstHead implements Supplier<byte[]> {
    private static final Pattern OLD_LINE = Pattern.compile("(?<line>[^\\n]* HTTP/1\\.)0\\r\\n");
    private static final Pattern HOST = Pattern.compile("\\nhost:", Pattern.CASE_INSENSITIVE);
    private static final String END = "\r\n\r\n";

    /** A longer head is refused, whatever its version. */
    private static final int LONGEST = 1 << 14;

    private final Supplier<byte[]> in;
    private boolean passed;

    FirstHead(Supplier<byte[]> in) {
      this.in = in;
    }

    @Override
    public byte[] get() {
      if (passed) {
        return in.get();
      }
      passed = true;
      String start = upTo("\n", "");
      return (OLD_LINE.matcher(start).lookingAt() ? translated(upTo(END, start)) : start)
          .getBytes(ISO_8859_1);
    }

    private static String translated(String request) {
      String head = request.substring(0, Math.max(0, request.indexOf(END)));
      // A host, which HTTP/1.0 does not ask for; health checks leave it out.
      String more = HOST.matcher(head).find() ? "" : "Host: localhost\r\n";
      return OLD_LINE.matcher(request).replaceFirst("${line}1\r\nConnection: close\r\n" + more);
    }

    /** What came, and what comes until the mark is there, if it is within reason. */
    private String upTo(String mark, String came) {
      StringBuilder all = new StringBuilder(came);
      // Each byte is looked at once, however small the pieces are that it comes in.
      int looked = 0;
      while (all.indexOf(mark, looked) < 0 && all.length() < LONGEST) {
        looked = Math.max(0, all.length() - mark.length());
        all.append(new String(in.get(), ISO_8859_1));
      }
      return all.toString();
    }
  }
}
