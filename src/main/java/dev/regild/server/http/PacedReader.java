package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.disk.ByteCount;
import dev.regild.server.config.Config;
import dev.regild.server.http.PeerDeadline.Wait;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends, with a limit on each thing that it can make the server wait for: the next
 * request, the whole head of one, each stretch of a body, and the whole of a body where that is
 * asked for.
 */
public final class PacedReader implements Supplier<byte[]> {
  /** A body is taken over in pieces of at most this size; a chunk is one piece. */
  public static final int LARGEST_PIECE = 4 << 20;

  private final Config.Http limits;
  private final PeerDeadline deadline;
  private Supplier<byte[]> in;
  private @Nullable ReadAhead ahead;

  private Phase phase = Phase.FIRST;
  private long headEnd;
  private long bodyEnd;
  private Duration waited = Duration.ZERO;
  private long came;
  private long piece;
  private long arrived;
  private LongConsumer onArrival = PacedReader::tellNobody;

  PacedReader(Config.Http limits, PeerDeadline deadline, Supplier<byte[]> in) {
    this.limits = limits;
    this.deadline = deadline;
    this.in = in;
  }

  private enum Phase {
    /** Nothing has come yet. */
    FIRST,
    /** Between two requests. */
    IDLE,
    /** In the middle of a request's head. */
    HEAD,
    /** The head is complete: what comes is the body. */
    REQUEST
  }

  /** The head is complete; the body may take as long as it keeps its rate. */
  void requestBegins() {
    phase = Phase.REQUEST;
    bodyEnd = Long.MAX_VALUE;
    waited = Duration.ZERO;
    came = 0;
    piece = 0;
    arrived = 0;
    onArrival = PacedReader::tellNobody;
  }

  /**
   * The whole body has to come within the time limit for bodies.
   *
   * @param onArrival gets how many bytes of it have come, before they are kept; may refuse them
   */
  void limitWholeBody(LongConsumer onArrival) {
    this.onArrival = onArrival;
    bodyEnd = System.nanoTime() + limits.bodyTimeLimit().toNanos();
  }

  /** The next piece of the body is asked for. */
  void pieceBegins() {
    piece = 0;
  }

  void requestEnds() {
    phase = Phase.IDLE;
  }

  /** Runs it if the client ends the connection before the current request is answered. */
  public void onHangUp(Runnable action) {
    if (ahead == null) {
      ahead = new ReadAhead(in);
      in = ahead;
      ahead.start();
    }
    ahead.onEnd(action);
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // It is about the order of threads, see below.
  public byte[] get() {
    return switch (phase) {
      case FIRST -> beginning(Wait.HEAD, limits.headTimeLimit());
      case IDLE -> {
        // A client that is quick enough has its next request here already, and its thread would
        // answer one after another while those of other connections wait: nothing interrupts it.
        Thread.yield();
        yield beginning(Wait.IDLE, limits.idleTimeLimit());
      }
      case HEAD -> head(Wait.HEAD, until(headEnd));
      case REQUEST -> body();
    };
  }

  /** As much of what the client still sends as comes within the limit. */
  byte[] rest(Duration limit) {
    return within(Wait.REST, limit);
  }

  void close() {
    if (ahead != null) {
      ahead.close();
    }
  }

  private byte[] beginning(Wait wait, Duration limit) {
    byte[] bytes = head(wait, limit);
    phase = Phase.HEAD;
    headEnd = System.nanoTime() + limits.headTimeLimit().toNanos();
    return bytes;
  }

  /** Whoever breaks off before its head is complete has asked for nothing: the log keeps silent. */
  private byte[] head(Wait wait, Duration limit) {
    try {
      return within(wait, limit);
    } catch (InsufficientDataAvailableException | ServerConnectionException e) {
      throw new CloseConnectionException("the connection closed before a request was complete", e);
    }
  }

  /**
   * In each stretch of waiting that is as long as the time limit for bodies, the client has to
   * bring as much as the least rate asks for; the time that the server takes does not count.
   */
  private byte[] body() {
    Duration left = limits.bodyTimeLimit().minus(waited);
    Duration total = bodyEnd == Long.MAX_VALUE ? left : until(bodyEnd);
    long start = System.nanoTime();
    byte[] bytes = within(Wait.BODY, left.compareTo(total) < 0 ? left : total);
    waited = waited.plusNanos(System.nanoTime() - start);
    came += bytes.length;
    if (came >= limits.leastRate().bytes() * Math.max(1, limits.bodyTimeLimit().toSeconds())) {
      waited = Duration.ZERO;
      came = 0;
    }
    arrived += bytes.length;
    onArrival.accept(arrived);
    piece += bytes.length;
    if (piece > LARGEST_PIECE) {
      throw new ApiException(
          ErrorType.REQUEST_ENTITY_TOO_LARGE,
          "A chunk of the body has more than %s. Send the body in smaller chunks, or with a Content-Length."
              .formatted(ByteCount.text(LARGEST_PIECE)));
    }
    return bytes;
  }

  private byte[] within(Wait wait, Duration limit) {
    deadline.begin(wait, limit);
    try {
      return in.get();
    } finally {
      deadline.end();
    }
  }

  private static Duration until(long end) {
    return Duration.ofNanos(end - System.nanoTime());
  }

  private static void tellNobody(long bytes) {
    // Where no body is read, nobody counts.
  }
}
