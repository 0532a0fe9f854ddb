package dev.regild.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Keeps the end of a stream, so that a program can write as much as it likes. Thread-safe. */
final class Tail {
  private final byte[] ring;
  private long written;

  Tail(int capacity) {
    ring = new byte[capacity];
  }

  /** Reads the stream to its end; a stream that breaks off has simply ended. */
  void drain(InputStream stream) {
    byte[] buffer = new byte[8192];
    try (stream) {
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        append(buffer, n);
      }
    } catch (IOException closedByTheProgramsEnd) {
      // What came until then is what there is.
    }
  }

  private synchronized void append(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      ring[(int) (written++ % ring.length)] = bytes[i];
    }
  }

  /** The end of what came so far, as UTF-8, without surrounding white space. */
  synchronized String text() {
    int length = (int) Math.min(written, ring.length);
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = ring[(int) ((written - length + i) % ring.length)];
    }
    return new String(bytes, StandardCharsets.UTF_8).strip();
  }
}
