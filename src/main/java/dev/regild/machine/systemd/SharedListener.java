package dev.regild.machine.systemd;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;

/** One use of a socket that listens before and after it. */
final class SharedListener extends ServerSocketChannel {
  private final ServerSocketChannel socket;
  private final Selector selector;
  private final SelectionKey accepted;
  private volatile boolean paused;

  /**
   * @param socket does not block
   */
  SharedListener(ServerSocketChannel socket) throws IOException {
    super(socket.provider());
    this.socket = socket;
    this.selector = Selector.open();
    this.accepted = socket.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** It is bound; an address given here is the one that its unit has. */
  @Override
  public ServerSocketChannel bind(SocketAddress local, int backlog) {
    return this;
  }

  @Override
  public SocketChannel accept() throws IOException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
    try {
      while (isOpen()) {
        selector.select();
        selector.selectedKeys().clear();
        SocketChannel connection = isOpen() && !paused ? socket.accept() : null;
        if (connection != null) {
          return connection;
        }
      }
      throw new AsynchronousCloseException();
    } catch (ClosedSelectorException e) {
      throw (IOException) new AsynchronousCloseException().initCause(e);
    }
  }

  /** Leaves connections in the socket's queue. */
  void pause() {
    paused = true;
    accepted.interestOps(0);
    selector.wakeup();
  }

  @Override
  protected void implCloseSelectableChannel() throws IOException {
    selector.close();
  }

  @Override
  public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
    socket.setOption(name, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    return socket.getOption(name);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return socket.supportedOptions();
  }

  @Override
  public SocketAddress getLocalAddress() throws IOException {
    return socket.getLocalAddress();
  }

  @Override
  public ServerSocket socket() {
    throw new UnsupportedOperationException("the socket is accepted from as a channel only");
  }

  @Override
  protected void implConfigureBlocking(boolean block) {
    // accept() waits by its own selector, whatever the socket's mode.
  }
}
