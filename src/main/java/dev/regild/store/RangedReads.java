package dev.regild.store;

import dev.regild.files.StallGuard;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Reads objects in ranges, several at a time, and hands them out in order. So whoever reads can
 * hash an object as it comes, and need not read it again.
 */
final class RangedReads {
  /** One range, which is held in memory, so that a broken one can be repeated. */
  static final int PIECE = 16 << 20;

  /** What is handed on at a time as it arrives, while the processor's cache still has it. */
  private static final int STRETCH = 256 << 10;

  /** How many ranges of one object are read at the same time: 48 MiB of memory. */
  private static final int AT_ONCE = 3;

  private final StoreSettings settings;
  private final StoreLocation location;
  private final S3Client client;
  private final StoreCalls calls;

  RangedReads(StoreSettings settings, S3Client client, StoreCalls calls) {
    this.settings = settings;
    this.location = settings.location();
    this.client = client;
    this.calls = calls;
  }

  /** Takes the pieces of an object in order. */
  @FunctionalInterface
  interface Sink {
    /** Takes one piece, whose memory is used again after the call. */
    void take(ByteBuffer piece) throws IOException;

    /**
     * Takes a stretch as it arrives, before the piece that it belongs to is taken: by several
     * threads, in no order, and again if a range is repeated.
     *
     * @param at its place in the object
     * @throws IOException if this machine can't keep it; the store is not asked again then
     */
    default void arrives(ByteBuffer stretch, long at) throws IOException {}
  }

  /**
   * Reads a whole object.
   *
   * @param bytes its size
   * @throws MissingObjectException if there is no such object
   * @throws ChangedObjectException if it has another size
   */
  void inOrder(String name, long bytes, Sink sink) throws IOException, InterruptedException {
    Deque<byte[]> spare = new ArrayDeque<>();
    Deque<Future<Piece>> coming = new ArrayDeque<>();
    long next = 0;
    // Closing the executor waits for the reads, so that none goes on when this returns.
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        while (next < bytes || !coming.isEmpty()) {
          while (next < bytes && coming.size() < AT_ONCE) {
            long first = next;
            int length = (int) Math.min(PIECE, bytes - first);
            byte[] memory = Objects.requireNonNullElseGet(spare.poll(), () -> new byte[length]);
            coming.add(executor.submit(() -> piece(name, bytes, first, length, memory, sink)));
            next += length;
          }
          Piece piece = coming.remove().get();
          sink.take(ByteBuffer.wrap(piece.memory, 0, piece.bytes));
          spare.add(piece.memory);
        }
      } catch (ExecutionException e) {
        throw unwrapped(e);
      } finally {
        coming.forEach(each -> each.cancel(true));
      }
    }
  }

  private static final class Piece {
    private final byte[] memory;
    private final int bytes;

    Piece(byte[] memory, int bytes) {
      this.memory = memory;
      this.bytes = bytes;
    }
  }

  private static IOException unwrapped(ExecutionException e) throws InterruptedException {
    return switch (e.getCause()) {
      case IOException cause -> cause;
      case InterruptedException cause -> throw cause;
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case null, default -> throw new IllegalStateException(e);
    };
  }

  private Piece piece(String name, long whole, long first, int bytes, byte[] memory, Sink sink)
      throws StoreException, IOException, InterruptedException {
    return calls.make(
        "read " + name,
        () -> {
          try (InputStream in = open(name, whole, first, bytes)) {
            for (int at = 0; at < bytes; at += STRETCH) {
              int length = Math.min(STRETCH, bytes - at);
              int read = in.readNBytes(memory, at, length);
              if (read < length) {
                throw new EOFException("it sent %d bytes too few".formatted(bytes - at - read));
              }
              arrived(name, sink, ByteBuffer.wrap(memory, at, length), first + at);
            }
            return new Piece(memory, bytes);
          }
        });
  }

  /** A full disk here is not the store's fault, and stays full however often we ask. */
  private static void arrived(String name, Sink sink, ByteBuffer stretch, long at)
      throws LocalFileException {
    try {
      sink.arrives(stretch, at);
    } catch (IOException e) {
      throw new LocalFileException(
          "%s can't be written to a file of this machine: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Opens one range, guarded against a store that stalls or is too slow. */
  private InputStream open(String name, long whole, long first, long bytes) throws IOException {
    ResponseInputStream<GetObjectResponse> answer =
        client.getObject(request ->
            request
                .bucket(location.bucket())
                .key(location.key(name))
                .range("bytes=%d-%d".formatted(first, first + bytes - 1)));
    String range = Objects.requireNonNullElse(answer.response().contentRange(), "");
    if (!range.equals("bytes %d-%d/%d".formatted(first, first + bytes - 1, whole))) {
      answer.abort();
      throw new ChangedObjectException(
          "The object %s in the store %s does not have %d bytes: the store sent the range '%s'. Restore the object from a backup."
              .formatted(name, location, whole, range));
    }
    return new StallGuard(new Answer(answer, bytes), settings.limits().pace(bytes));
  }

  /** An answer whose connection is reused only if all of it was read. */
  private static final class Answer extends FilterInputStream {
    private final ResponseInputStream<?> answer;
    private long left;

    Answer(ResponseInputStream<?> answer, long bytes) {
      super(answer);
      this.answer = answer;
      this.left = bytes;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = answer.read(buffer, offset, length);
      left -= Math.max(0, n);
      return n;
    }

    @Override
    public void close() throws IOException {
      if (left > 0) {
        answer.abort();
      } else {
        answer.close();
      }
    }
  }
}
