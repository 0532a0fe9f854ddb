package dev.regild.machine;

import dev.regild.files.OpenSocket;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A Unix socket on which each line is a JSON text, as QEMU's monitor and its guest agent have it.
 * One thread uses it; {@link #close} may come from any other, and ends what that thread waits for.
 */
final class JsonSocket implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final ByteBuffer incoming = ByteBuffer.allocate(64 * 1024).flip();
  private ByteArrayOutputStream line = new ByteArrayOutputStream();

  /** A line past all measure; the connection is of no more use. */
  static final class LongLineException extends IOException {
    LongLineException(String message) {
      super(message);
    }
  }

  private JsonSocket(SocketChannel channel, Selector selector) throws IOException {
    this.channel = channel;
    this.selector = selector;
    channel.configureBlocking(false);
    this.key = channel.register(selector, SelectionKey.OP_READ);
  }

  /**
   * Connects to a socket whose directory its server can write to.
   *
   * @throws OpenSocket.NoSocketException if the path is not a socket, or is a link to one
   */
  static JsonSocket connect(Path path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try (OpenSocket socket = OpenSocket.open(path)) {
      channel.connect(UnixDomainSocketAddress.of(socket.path()));
      return new JsonSocket(channel, Selector.open());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Sends a text as it is.
   *
   * @return false when the time was up before all of it was taken
   * @throws IOException if the connection has ended
   */
  boolean send(byte[] bytes, Deadline deadline) throws IOException, InterruptedException {
    ByteBuffer outgoing = ByteBuffer.wrap(bytes);
    while (true) {
      channel.write(outgoing);
      if (!outgoing.hasRemaining()) {
        return true;
      }
      if (!await(SelectionKey.OP_WRITE, deadline)) {
        return false;
      }
    }
  }

  /**
   * The next line, without its end, each byte as the character of its number.
   *
   * @param maxBytes of a line
   * @return empty when the time was up first; what came of a line is kept
   * @throws LongLineException if the line is longer
   * @throws IOException if the connection has ended
   */
  Optional<String> line(int maxBytes, Deadline deadline) throws IOException, InterruptedException {
    while (true) {
      boolean whole = takeUntilLineEnd();
      if (line.size() > maxBytes) {
        throw new LongLineException("a line of more than " + maxBytes + " bytes came");
      }
      if (whole) {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        line = new ByteArrayOutputStream();
        return Optional.of(text);
      }
      if (!fill(deadline)) {
        return Optional.empty();
      }
    }
  }

  /** Takes what came up to the end of the line, which is dropped; false if it is not there yet. */
  private boolean takeUntilLineEnd() {
    int start = incoming.position();
    int end = start;
    while (end < incoming.limit() && incoming.get(end) != '\n') {
      end++;
    }
    line.write(incoming.array(), start, end - start);
    boolean found = end < incoming.limit();
    incoming.position(found ? end + 1 : end);
    return found;
  }

  private boolean fill(Deadline deadline) throws IOException, InterruptedException {
    incoming.clear();
    try {
      int count = channel.read(incoming);
      while (count == 0) {
        if (!await(SelectionKey.OP_READ, deadline)) {
          return false;
        }
        count = channel.read(incoming);
      }
      if (count < 0) {
        throw new EOFException("the other side closed the connection");
      }
      return true;
    } finally {
      incoming.flip();
    }
  }

  /** Waits until something can be read or written; false when the time was up first. */
  private boolean await(int operation, Deadline deadline) throws IOException, InterruptedException {
    try {
      key.interestOps(operation);
      long millis = deadline.left().toMillis();
      int ready = millis == 0 ? selector.selectNow() : selector.select(millis);
      selector.selectedKeys().clear();
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while it waited for " + channel);
      }
      return ready > 0 || !deadline.isOver();
    } catch (ClosedSelectorException | CancelledKeyException e) {
      throw new IOException("the connection was closed", e);
    }
  }

  @Override
  public void close() {
    try {
      selector.close();
      channel.close();
    } catch (IOException gone) {
      // The connection is gone, as it should be.
    }
  }
}
