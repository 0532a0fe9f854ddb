package dev.regild.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;

/** A part of a file as a stream. */
final class FileRange extends FilterInputStream {
  private final Path file;
  private long left;

  private FileRange(InputStream in, Path file, long bytes) {
    super(in);
    this.file = file;
    this.left = bytes;
  }

  /**
   * Opens the range as often as the SDK asks for it. The SDK closes only the last stream, so this
   * closes the earlier ones. Over plain http, it reads each body twice: first to hash it.
   */
  static RequestBody body(Path file, long first, long bytes) {
    return RequestBody.fromContentProvider(provider(file, first, bytes), bytes, ObjectStore.TYPE);
  }

  private static ContentStreamProvider provider(Path file, long first, long bytes) {
    return new ContentStreamProvider() {
      private @Nullable InputStream last;

      @Override
      public InputStream newStream() {
        try {
          if (last != null) {
            last.close();
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        InputStream next = open(file, first, bytes);
        last = next;
        return next;
      }
    };
  }

  /** Opens it; as the SDK asks for a stream where none may fail, so does this. */
  private static InputStream open(Path file, long first, long bytes) {
    try {
      InputStream in = Files.newInputStream(file);
      try {
        in.skipNBytes(first);
        return new FileRange(in, file, bytes);
      } catch (IOException e) {
        in.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(unreadable(file, e));
    }
  }

  private static LocalFileException unreadable(Path file, IOException e) {
    return new LocalFileException("%s can't be read: %s".formatted(file, e.getMessage()), e);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (left == 0) {
      return length == 0 ? 0 : -1;
    }
    int n;
    try {
      n = in.read(buffer, offset, (int) Math.min(left, length));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (n < 0) {
      throw new LocalFileException(
          "%s became shorter while it was sent to the store".formatted(file));
    }
    left -= n;
    return n;
  }

  @Override
  public long skip(long n) throws IOException {
    long skipped = in.skip(Math.min(n, left));
    left -= skipped;
    return skipped;
  }

  @Override
  public int available() throws IOException {
    return (int) Math.min(in.available(), left);
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
