package dev.regild.machine.systemd;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A socket that listens already when the process starts, and goes on after it: connections of the
 * time between two processes wait for the second one. The launcher gives it to Java as standard
 * input, from where Java takes it.
 */
public final class InheritedListener {
  /** Set by the launcher, with {@link ListenerProvider} as the provider of sockets. */
  private static final String GIVEN = "regild.listener";

  private static @Nullable InheritedListener ours;

  private final ServerSocketChannel socket;
  private final InetSocketAddress address;
  private final AtomicReference<@Nullable SharedListener> inUse = new AtomicReference<>();

  private InheritedListener(ServerSocketChannel socket, InetSocketAddress address) {
    this.socket = socket;
    this.address = address;
  }

  /**
   * Takes the socket that this process was given.
   *
   * @throws IOException if standard input is not a listening TCP socket, though the launcher says
   *     so
   */
  public static synchronized Optional<InheritedListener> find() throws IOException {
    if (ours == null && Boolean.getBoolean(GIVEN)) {
      ours = take();
    }
    return Optional.ofNullable(ours);
  }

  private static InheritedListener take() throws IOException {
    if (StandardFiles.inheritedChannel() instanceof ServerSocketChannel socket
        && socket.getLocalAddress() instanceof InetSocketAddress address) {
      socket.configureBlocking(false);
      return new InheritedListener(socket, address);
    }
    throw new IOException(
        "the socket that the service manager gave is not a listening TCP socket; correct"
            + " ListenStream= in the socket unit");
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Has the next socket that this process opens to accept connections be this one. To bind it does
   * nothing more, and to close it ends only that use of it.
   */
  public void offer() throws IOException {
    SharedListener use = new SharedListener(socket);
    inUse.set(use);
    ListenerProvider.offer(use);
  }

  /** Accepts no more connections: they wait for the next use of the socket, or the next process. */
  public void pause() {
    SharedListener use = inUse.get();
    if (use != null) {
      use.pause();
    }
  }

  /** What {@link System#inheritedChannel} replaces, and we still write to. */
  @SuppressWarnings("restricted") // Native calls are what this class is for.
  private static final class StandardFiles {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle DUP =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("dup"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle DUP2 =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("dup2"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private static @Nullable Object inheritedChannel() throws IOException {
      try {
        int out = (int) DUP.invokeExact(1);
        int err = (int) DUP.invokeExact(2);
        Object channel = System.inheritedChannel();
        restore(out, 1);
        restore(err, 2);
        return channel;
      } catch (IOException e) {
        throw e;
      } catch (Throwable impossible) {
        throw new AssertionError("a native function threw", impossible);
      }
    }

    private static void restore(int kept, int standard) throws Throwable {
      if (kept >= 0) {
        int _ = (int) DUP2.invokeExact(kept, standard);
        int _ = (int) CLOSE.invokeExact(kept);
      }
    }
  }
}
