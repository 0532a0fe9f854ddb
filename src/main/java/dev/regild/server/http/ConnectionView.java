package dev.regild.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** A connection that is read through another reader, and written through another writer. */
record ConnectionView(
    ConnectionContext of,
    DataReader dataReader,
    DataWriter dataWriter,
    PeerInfo remotePeer,
    boolean isSecure)
    implements ConnectionContext {
  static ConnectionView of(ConnectionContext of, DataReader reader, DataWriter writer) {
    return new ConnectionView(of, reader, writer, KnownPeer.of(of.remotePeer()), of.isSecure());
  }

  static ConnectionView encrypted(ConnectionContext of, DataReader reader, DataWriter writer) {
    return new ConnectionView(of, reader, writer, KnownPeer.of(of.remotePeer()), true);
  }

  @Override
  public ListenerContext listenerContext() {
    return of.listenerContext();
  }

  @Override
  public ExecutorService executor() {
    return of.executor();
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
  public PeerInfo localPeer() {
    return of.localPeer();
  }

  @Override
  public String socketId() {
    return of.socketId();
  }

  @Override
  public String childSocketId() {
    return of.childSocketId();
  }

  /** Who is at the other end, also once that end is closed. */
  private record KnownPeer(
      SocketAddress address,
      String host,
      int port,
      Optional<Principal> tlsPrincipal,
      Optional<Certificate[]> tlsCertificates)
      implements PeerInfo {
    static KnownPeer of(PeerInfo peer) {
      return new KnownPeer(
          peer.address(), peer.host(), peer.port(), peer.tlsPrincipal(), peer.tlsCertificates());
    }
  }
}
