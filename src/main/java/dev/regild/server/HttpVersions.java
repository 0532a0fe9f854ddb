package dev.regild.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * HTTP/1.1, and HTTP/1.0, which the server's own reader refuses: a connection that begins with a
 * request of that version is read as one of HTTP/1.1 that asks for the connection to end after its
 * answer. RFC 9110, section 6.2, has a server answer with the version that it speaks itself.
 */
final class HttpVersions implements ServerConnectionSelector {
  private final ServerConnectionSelector http11 =
      Http1ConnectionSelector.builder().config(Http1Config.create()).build();

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
    return http11.connection(
        new Translated(context, DataReader.create(new FirstLine(context.dataReader()))));
  }

  /** What comes, with the version in its first line translated. */
  private static final class FirstLine implements Supplier<byte[]> {
    private static final byte[] OLD = " HTTP/1.0\r\n".getBytes(US_ASCII);
    private static final byte[] NEW = " HTTP/1.1\r\nConnection: close\r\n".getBytes(US_ASCII);

    /** A longer line is refused, whatever its version. */
    private static final int LONGEST = 8192;

    private final DataReader in;
    private boolean passed;

    FirstLine(DataReader in) {
      this.in = in;
    }

    @Override
    public byte[] get() {
      byte[] came = next();
      if (passed) {
        return came;
      }
      passed = true;
      int end = endOfLine(came);
      while (end == 0 && came.length < LONGEST) {
        came = joined(came, next());
        end = endOfLine(came);
      }
      int version = end - OLD.length;
      return version > 0 && Arrays.equals(came, version, end, OLD, 0, OLD.length)
          ? joined(Arrays.copyOf(came, version), NEW, Arrays.copyOfRange(came, end, came.length))
          : came;
    }

    private byte[] next() {
      in.ensureAvailable();
      return in.readBytes(in.available());
    }

    /** Where the first line ends, its line feed included; 0 if it hasn't yet. */
    private static int endOfLine(byte[] bytes) {
      int i = 0;
      while (i < bytes.length && bytes[i] != '\n') {
        i++;
      }
      return i < bytes.length ? i + 1 : 0;
    }

    private static byte[] joined(byte[]... parts) {
      int length = 0;
      for (byte[] part : parts) {
        length += part.length;
      }
      byte[] all = new byte[length];
      int end = 0;
      for (byte[] part : parts) {
        System.arraycopy(part, 0, all, end, part.length);
        end += part.length;
      }
      return all;
    }
  }

  /** A connection that is read through another reader. */
  private record Translated(ConnectionContext of, DataReader dataReader)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return of.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return of.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return of.dataWriter();
    }

    @Override
    public Router router() {
      return of.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return of.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return of.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return of.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return of.localPeer();
    }

    @Override
    public boolean isSecure() {
      return of.isSecure();
    }

    @Override
    public String socketId() {
      return of.socketId();
    }

    @Override
    public String childSocketId() {
      return of.childSocketId();
    }
  }
}
