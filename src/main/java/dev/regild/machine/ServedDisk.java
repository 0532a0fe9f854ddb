package dev.regild.machine;

import dev.regild.files.OpenSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The content of a disk file, as a guest would see it. {@code qemu-nbd} reads the file, in a
 * sandbox, and serves it on a Unix socket by the protocol of network block devices (the
 * specification is doc/proto.md of the project nbd). What the file may have made of qemu-nbd is not
 * trusted: its answers have a fixed size, and a time limit.
 *
 * <p>One thread reads; {@link #close} may come from any other, and ends a read.
 */
public final class ServedDisk implements AutoCloseable {
  private static final String PROGRAM = "qemu-nbd";
  private static final String SOCKET = "disk";
  private static final Duration START = Duration.ofSeconds(20);
  private static final int MOST_AT_ONCE = 2 << 20;

  /** Of the header of a qcow2, tables and caches. */
  private static final Program.Limits LIMITS =
      new Program.Limits(4L << 30, Duration.ofMinutes(10), OptionalLong.of(0));

  private static final long MAGIC = 0x4e42444d41474943L;
  private static final long OPTION_MAGIC = 0x49484156454f5054L;
  private static final int FIXED_NEWSTYLE = 1;
  private static final int NO_ZEROES = 2;
  private static final int EXPORT_NAME = 1;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int REPLY_MAGIC = 0x67446698;

  private final SocketDirectory sockets;
  private final RunningProgram server;
  private final Deadline deadline;
  private volatile @Nullable SocketChannel channel;
  private volatile @Nullable Selector selector;
  private long bytes;
  private long requests;

  private ServedDisk(SocketDirectory sockets, RunningProgram server, Deadline deadline) {
    this.sockets = sockets;
    this.server = server;
    this.deadline = deadline;
  }

  /**
   * Opens a disk file.
   *
   * @param bases what the disk stands on
   * @param format QEMU's name of the format, never probed
   * @param directory for the socket
   * @param limit for all that is read of it
   * @throws IOException if it can't be opened
   * @throws ProgramException if qemu-nbd or bubblewrap is missing
   */
  public static ServedDisk open(
      Path disk, List<Path> bases, String format, Path directory, Duration limit)
      throws IOException, ProgramException, InterruptedException {
    SocketDirectory sockets;
    try {
      sockets = SocketDirectory.in(directory, "served");
    } catch (VirtualMachineException e) {
      throw new IOException(e.getMessage(), e);
    }
    List<Path> files = new ArrayList<>(bases);
    files.add(disk);
    ServedDisk served = null;
    try {
      RunningProgram server =
          Program.of(
                  PROGRAM,
                  "--read-only",
                  "--format=" + format,
                  "--socket=" + sockets.socket(SOCKET),
                  "--",
                  disk.toAbsolutePath().toString())
              .in(Sandbox.reading(files).using(sockets.path()))
              .limitedTo(LIMITS)
              .startTied();
      served = new ServedDisk(sockets, server, Deadline.in(limit));
      served.connect();
      return served;
    } catch (IOException | ProgramException | InterruptedException e) {
      if (served == null) {
        sockets.close();
      } else {
        served.close();
      }
      throw e;
    }
  }

  private void connect() throws IOException, InterruptedException {
    SocketChannel connected = listening(sockets.socket(SOCKET), deadline.atMost(START));
    channel = connected;
    connected.configureBlocking(false);
    selector = Selector.open();
    var _ = connected.register(selector, 0);
    try {
      shakeHands();
    } catch (IOException e) {
      // It listens before it opens the disk, and ends if it can't; its own words say why.
      throw server.waitFor(Duration.ofSeconds(1)) ? ended() : e;
    }
  }

  private void shakeHands() throws IOException {
    ByteBuffer greeting = received(18);
    if (greeting.getLong(0) != MAGIC || greeting.getLong(8) != OPTION_MAGIC) {
      throw new IOException("the disk's server does not speak the protocol");
    }
    send(
        ByteBuffer.allocate(20)
            .putInt(FIXED_NEWSTYLE | NO_ZEROES)
            .putLong(OPTION_MAGIC)
            .putInt(EXPORT_NAME)
            .putInt(0));
    bytes = received(10).getLong(0);
  }

  /** qemu-nbd makes its socket, listens on it, and only then opens the disk. */
  private SocketChannel listening(Path socket, Deadline start)
      throws IOException, InterruptedException {
    while (!server.waitFor(Duration.ofMillis(5)) && !start.isOver()) {
      if (Files.exists(socket)) {
        SocketChannel connected = SocketChannel.open(StandardProtocolFamily.UNIX);
        try (OpenSocket opened = OpenSocket.open(socket)) {
          connected.connect(UnixDomainSocketAddress.of(opened.path()));
          return connected;
        } catch (ConnectException notYet) {
          connected.close();
        } catch (IOException e) {
          connected.close();
          throw e;
        }
      }
    }
    throw ended();
  }

  private IOException ended() throws InterruptedException {
    var _ = server.waitFor(Duration.ofSeconds(1));
    return new IOException("the disk can't be read: " + server.errors());
  }

  /**
   * Reads a part of the disk.
   *
   * @param length up to 2 MiB
   * @return so many bytes, in little-endian order
   * @throws IOException if the part is not wholly on the disk, can't be read, or the time is up
   */
  public ByteBuffer read(long offset, int length) throws IOException {
    if (offset < 0 || length < 0 || length > MOST_AT_ONCE || offset > bytes - length) {
      throw new IOException("%d bytes at %d are not on the disk".formatted(length, offset));
    }
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    long cookie = ++requests;
    send(
        ByteBuffer.allocate(28)
            .putInt(REQUEST_MAGIC)
            .putInt(0)
            .putLong(cookie)
            .putLong(offset)
            .putInt(length));
    ByteBuffer reply = received(16);
    if (reply.getInt(0) != REPLY_MAGIC || reply.getInt(4) != 0 || reply.getLong(8) != cookie) {
      throw new IOException("%d bytes at %d can't be read".formatted(length, offset));
    }
    return received(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void send(ByteBuffer message) throws IOException {
    message.flip();
    SocketChannel to = connected();
    while (message.hasRemaining()) {
      if (to.write(message) == 0) {
        await(SelectionKey.OP_WRITE);
      }
    }
  }

  private ByteBuffer received(int length) throws IOException {
    ByteBuffer message = ByteBuffer.allocate(length);
    SocketChannel from = connected();
    while (message.hasRemaining()) {
      int read = from.read(message);
      if (read < 0) {
        throw closed();
      }
      if (read == 0) {
        await(SelectionKey.OP_READ);
      }
    }
    return message.flip();
  }

  private IOException closed() {
    try {
      return ended();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new IOException("interrupted while the disk was being read", e);
    }
  }

  private SocketChannel connected() throws IOException {
    SocketChannel open = channel;
    if (open == null) {
      throw new IOException("the disk is closed");
    }
    return open;
  }

  private void await(int operation) throws IOException {
    Selector wakes = selector;
    if (wakes == null || deadline.isOver() || Thread.currentThread().isInterrupted()) {
      throw new IOException("the disk can't be read in time");
    }
    wakes.keys().forEach(key -> key.interestOps(operation));
    wakes.selectedKeys().clear();
    var _ = wakes.select(Math.max(1, deadline.left().toMillis()));
  }

  @Override
  public void close() {
    server.close();
    sockets.close();
    try {
      SocketChannel open = channel;
      if (open != null) {
        open.close();
      }
      Selector wakes = selector;
      if (wakes != null) {
        wakes.close();
      }
    } catch (IOException e) {
      // Nothing was written to it.
    }
  }
}
