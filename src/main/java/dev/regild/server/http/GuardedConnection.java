package dev.regild.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.server.config.Config;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * One connection: admitted or refused, read and written within limits, and ended so that a client
 * which is still sending reads the answer that it was given.
 */
public final class GuardedConnection implements ServerConnection, InterruptableTask<Void> {
  private static final ScopedValue<GuardedConnection> CURRENT = ScopedValue.newInstance();
  private static final AtomicLong ORDER = new AtomicLong();

  /**
   * Most clients read no answer before they have sent their whole body, and a connection that is
   * closed on them loses it: so much more is read and thrown away, for so long, after the answer.
   */
  private static final int LARGEST_REST = 16 << 20;

  private static final Duration LONGEST_REST = Duration.ofSeconds(5);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(1);

  /** A client that is refused gets so long for a handshake, without which it can't be told why. */
  private static final Duration LONGEST_HANDSHAKE = Duration.ofSeconds(5);

  private static final byte[] TOO_MANY =
      """
      HTTP/1.1 503 Service Unavailable\r
      Connection: close\r
      Content-Length: 108\r
      Content-Type: application/json\r
      Retry-After: 5\r
      Server: %s\r
      x-amzn-ErrorType: ServiceUnavailableException\r
      \r
      {"__type":"ServiceUnavailableException","message":"The server has too many connections; try again in 5 s."}
      """
          .formatted(RequestLog.SERVER)
          .getBytes(US_ASCII);

  private final Connections connections;
  private final ConnectionContext context;
  private final ClientAddress address;
  private final PeerDeadline deadline = new PeerDeadline(System::nanoTime);
  private final PacedReader reader;
  private final PacedWriter writer;
  private final ServerConnection http;
  private final Runnable handshake;
  private final Runnable farewell;

  private final long opened = ORDER.incrementAndGet();
  private volatile boolean proven;
  private volatile boolean expendable = true;
  private volatile boolean lingering;
  private volatile boolean asked;
  private boolean restUnread;

  /**
   * Around one connection.
   *
   * @param handshake makes it possible to write an answer before anything is read
   * @param farewell writes what comes after the last answer
   * @param http makes what speaks the protocol, out of this connection's reader and writer
   */
  GuardedConnection(
      Connections connections,
      Config.Http limits,
      ConnectionContext context,
      Runnable handshake,
      Runnable farewell,
      Function<GuardedConnection, ServerConnection> http) {
    this.connections = connections;
    this.context = context;
    this.address = ClientAddress.of(context.remotePeer());
    var in = context.dataReader();
    this.reader =
        new PacedReader(
            limits,
            deadline,
            () -> {
              in.ensureAvailable();
              return in.readBytes(in.available());
            });
    this.writer = new PacedWriter(limits, deadline, context.dataWriter(), System::nanoTime);
    this.handshake = handshake;
    this.farewell = farewell;
    this.http = http.apply(this);
  }

  /** The connection that the current thread answers on; empty in a thread that answers none. */
  public static Optional<GuardedConnection> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  public PacedReader reader() {
    return reader;
  }

  PacedWriter writer() {
    return writer;
  }

  ClientAddress address() {
    return address;
  }

  PeerDeadline deadline() {
    return deadline;
  }

  /** Whether it may be ended for another's sake: nothing is being worked on for it. */
  boolean isExpendable() {
    return expendable;
  }

  /** Whether a request with a right signature has come on it. */
  boolean isProven() {
    return proven;
  }

  /** Whether a request has come on it. */
  boolean hasAsked() {
    return asked;
  }

  /** Its place in the order in which connections were opened. */
  long opened() {
    return opened;
  }

  void requestBegins() {
    reader.requestBegins();
    writer.answerBegins();
    asked = true;
    expendable = false;
    restUnread = false;
  }

  /** Its sender is known. */
  void senderIsProven() {
    proven = true;
  }

  /**
   * The request is answered.
   *
   * @param unread whether the client is still sending a body
   */
  void requestEnds(boolean unread) {
    reader.requestEnds();
    restUnread = unread;
    expendable = true;
  }

  /** Holds the answer back; the connection may be ended for another's sake meanwhile. */
  void holdBack(Duration delay) throws InterruptedException {
    expendable = true;
    try {
      Thread.sleep(delay);
    } finally {
      expendable = false;
    }
  }

  /** Ends it now, from any thread; what blocks on it fails. */
  void end() {
    try {
      context.serverSocket().close();
    } catch (RuntimeException e) {
      // It has ended already.
    }
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    boolean admitted = connections.admit(this);
    try {
      if (admitted) {
        ScopedValue.where(CURRENT, this)
            .<Object, InterruptedException>call(() -> {
              http.handle(limit);
              return this;
            });
      } else {
        connections.tell(this::refuse);
      }
    } finally {
      try {
        readRest();
        deadline.begin(PeerDeadline.Wait.ANSWER, LONGEST_SILENCE);
        farewell.run();
      } catch (RuntimeException e) {
        // The client has ended it before.
      } finally {
        deadline.end();
        connections.remove(this);
        reader.close();
      }
    }
  }

  private void refuse() {
    deadline.begin(PeerDeadline.Wait.HEAD, LONGEST_HANDSHAKE);
    try {
      handshake.run();
    } catch (InsufficientDataAvailableException | ServerConnectionException e) {
      throw new CloseConnectionException("the connection closed before it was answered", e);
    } finally {
      deadline.end();
    }
    writer.writeNow(BufferData.create(TOO_MANY));
    restUnread = true;
  }

  private void readRest() {
    lingering = true;
    long end = System.nanoTime() + LONGEST_REST.toNanos();
    long left = LARGEST_REST;
    while (restUnread && left > 0 && System.nanoTime() < end) {
      try {
        left -= reader.rest(LONGEST_SILENCE).length;
      } catch (RuntimeException e) {
        // The client has ended it, or was silent for too long.
        return;
      }
    }
  }

  @Override
  public boolean canInterrupt() {
    return lingering || (http instanceof InterruptableTask<?> task && task.canInterrupt());
  }

  @Override
  public Duration idleTime() {
    return http.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    http.close(interrupt);
  }
}
