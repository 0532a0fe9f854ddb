package dev.regild.machine.systemd;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Java's own provider of sockets, but for one socket that is there already: libraries open theirs
 * by themselves, and take none. The launcher names this class where it was given a socket.
 */
public final class ListenerProvider extends SelectorProvider {
  private static final AtomicReference<@Nullable ServerSocketChannel> OFFERED =
      new AtomicReference<>();

  private final SelectorProvider java = javasOwn();

  /** Has the next socket that is opened to accept connections be this one. */
  static void offer(ServerSocketChannel socket) {
    OFFERED.set(socket);
  }

  /** The jar's manifest opens its package; to ask for the provider would ask for this one. */
  private static SelectorProvider javasOwn() {
    try {
      return (SelectorProvider)
          Class.forName("sun.nio.ch.DefaultSelectorProvider").getMethod("get").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java has no provider of sockets by the usual name", e);
    }
  }

  @Override
  public ServerSocketChannel openServerSocketChannel() throws IOException {
    ServerSocketChannel offered = OFFERED.getAndSet(null);
    return offered != null ? offered : java.openServerSocketChannel();
  }

  @Override
  public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
    return java.openServerSocketChannel(family);
  }

  @Override
  public SocketChannel openSocketChannel() throws IOException {
    return java.openSocketChannel();
  }

  @Override
  public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
    return java.openSocketChannel(family);
  }

  @Override
  public DatagramChannel openDatagramChannel() throws IOException {
    return java.openDatagramChannel();
  }

  @Override
  public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
    return java.openDatagramChannel(family);
  }

  @Override
  public Pipe openPipe() throws IOException {
    return java.openPipe();
  }

  @Override
  public AbstractSelector openSelector() throws IOException {
    return java.openSelector();
  }

  @Override
  public @Nullable Channel inheritedChannel() throws IOException {
    return java.inheritedChannel();
  }
}
