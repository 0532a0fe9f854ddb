package dev.regild.machine.systemd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** Sends datagrams to a Unix socket, for which Java has no call: socket(2) and sendto(2). */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class UnixDatagrams implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      bound("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SEND_TO =
      bound(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CLOSE =
      bound("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final short AF_UNIX = 1;

  /** SOCK_DGRAM and SOCK_CLOEXEC. */
  private static final int DATAGRAMS = 2 | 0x80000;

  /** MSG_NOSIGNAL and MSG_DONTWAIT: a receiver that hangs holds nobody up. */
  private static final int AT_ONCE = 0x4000 | 0x40;

  /** Of struct sockaddr_un: sun_path begins after the family, and has 108 bytes. */
  private static final int PATH_OFFSET = 2;

  private static final int MOST_PATH = 108;

  private final byte[] path;
  private final int descriptor;

  private UnixDatagrams(byte[] path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /**
   * Opens a socket that sends to an address.
   *
   * @param address the path of a socket, or an abstract name that begins with {@code @}
   * @throws IOException if the address is too long, or the process may open no more files
   */
  static UnixDatagrams to(String address) throws IOException {
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    if (path.length == 0 || path.length >= MOST_PATH) {
      throw new IOException("'%s' can't be the address of a Unix socket".formatted(address));
    }
    if (path[0] == '@') {
      path[0] = 0;
    }
    int descriptor = socket();
    if (descriptor < 0) {
      throw new IOException("cannot open a socket for " + address);
    }
    return new UnixDatagrams(path, descriptor);
  }

  /** Sends a datagram; returns false if the receiver does not take it at once. */
  boolean send(byte[] datagram) {
    try (Arena arena = Arena.ofConfined()) {
      // A name in the file system ends with a zero, an abstract one does not.
      int length = PATH_OFFSET + path.length + (path[0] == 0 ? 0 : 1);
      MemorySegment address = arena.allocate(PATH_OFFSET + MOST_PATH, JAVA_SHORT.byteAlignment());
      address.set(JAVA_SHORT, 0, AF_UNIX);
      MemorySegment.copy(path, 0, address, JAVA_BYTE, PATH_OFFSET, path.length);
      MemorySegment content = arena.allocateFrom(JAVA_BYTE, datagram);
      long sent =
          (long)
              SEND_TO.invokeExact(
                  descriptor, content, (long) datagram.length, AT_ONCE, address, length);
      return sent == datagram.length;
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static int socket() {
    try {
      return (int) SOCKET.invokeExact((int) AF_UNIX, DATAGRAMS, 0);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static MethodHandle bound(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}
