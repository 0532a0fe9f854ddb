package dev.regild.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A connection on which a test writes any bytes, and reads one HTTP/1 answer after another. */
public final class RawConnection implements AutoCloseable {
  private static final int READ_MILLIS = 120_000;

  private final Socket socket;
  private final InputStream in;
  private final byte[] line = new byte[8192];

  public RawConnection(int port) throws IOException {
    this(port, "127.0.0.1");
  }

  /** From another of this machine's addresses, as another client would have. */
  public RawConnection(int port, String from) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.ofLiteral(from), 0);
    socket.setSoTimeout(READ_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * An answer as it came.
   *
   * @param headers by lower-case name
   */
  public record Answer(int status, Map<String, String> headers, String body) {
    public String header(String lowerCaseName) {
      return headers.getOrDefault(lowerCaseName, "");
    }
  }

  public RawConnection write(byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      socket.getOutputStream().write(part);
    }
    return this;
  }

  /** Says that nothing more comes; answers can still be read. */
  void endWriting() throws IOException {
    socket.shutdownOutput();
  }

  /** The next answer; an interim one has neither length nor body. */
  public Answer read() throws IOException {
    Answer head = readHead();
    byte[] body = in.readNBytes(length(head));
    return new Answer(head.status(), head.headers(), new String(body, UTF_8));
  }

  /** Whether the server says anything within that time; nothing of it is passed over. */
  public boolean answers(int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      in.mark(1);
      boolean some = in.read() >= 0;
      in.reset();
      return some;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(READ_MILLIS);
    }
  }

  /** Passes over all lines to one that has the text. */
  void await(String text) throws IOException {
    String line = line();
    while (!line.contains(text)) {
      line = line();
    }
  }

  /** The next answer without its body, which is passed over. */
  Answer skip() throws IOException {
    Answer head = readHead();
    in.skipNBytes(length(head));
    return head;
  }

  private static int length(Answer head) {
    return Integer.parseInt(head.headers().getOrDefault("content-length", "0"));
  }

  private Answer readHead() throws IOException {
    String statusLine = line();
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      String[] header = line.split(":", 2);
      headers.put(header[0].toLowerCase(Locale.ROOT), header[1].strip());
    }
    return new Answer(Integer.parseInt(statusLine.split(" ", 3)[1]), headers, "");
  }

  /** Whether the server has ended the connection, and had nothing more to say. */
  boolean isEnded() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException e) {
      // It had not read all that was sent.
      return true;
    }
  }

  private String line() throws IOException {
    int length = 0;
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the server ended the connection");
      }
      line[length++] = (byte) c;
    }
    return new String(Arrays.copyOf(line, length), ISO_8859_1).stripTrailing();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
