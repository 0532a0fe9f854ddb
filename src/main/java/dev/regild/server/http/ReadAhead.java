package dev.regild.server.http;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;

/**
 * Reads a connection from a thread of its own from now on, so that its end shows while the server
 * works on a request. What comes before that (the next, pipelined request) is kept, up to a limit.
 */
final class ReadAhead implements Supplier<byte[]>, AutoCloseable {
  /** Each piece is one read of the socket, at most 8 KiB. */
  private static final int MOST_PIECES = 8;

  private final Supplier<byte[]> in;
  private final BlockingQueue<Piece> pieces = new ArrayBlockingQueue<>(MOST_PIECES);
  private final Thread thread = Thread.ofVirtual().name("read-ahead").unstarted(this::run);
  private volatile Runnable onEnd = () -> {};
  private volatile boolean ended;

  ReadAhead(Supplier<byte[]> in) {
    this.in = in;
  }

  private sealed interface Piece {}

  private static final class Bytes implements Piece {
    private final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  private record End(RuntimeException reason) implements Piece {}

  void start() {
    thread.start();
  }

  /** Runs it when the client ends the connection, or at once if it has. */
  void onEnd(Runnable action) {
    onEnd = action;
    if (ended) {
      action.run();
    }
  }

  @Override
  public byte[] get() {
    try {
      return switch (pieces.take()) {
        case Bytes piece -> piece.bytes;
        case End end -> {
          pieces.add(end);
          throw end.reason;
        }
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a client", e);
    }
  }

  private void run() {
    try {
      while (true) {
        try {
          pieces.put(new Bytes(in.get()));
        } catch (RuntimeException e) {
          ended = true;
          onEnd.run();
          pieces.put(new End(e));
          return;
        }
      }
    } catch (InterruptedException e) {
      // The connection is over, and nobody takes any more.
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
