package dev.regild.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.server.telemetry.RequestLog;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS on one connection. It is below the reader and the writer that have time limits, so these hold
 * for a handshake, too; Helidon's own TLS shakes hands before anything of ours sees the connection,
 * looks up the client's name, and can't be ended while a client keeps it waiting.
 */
final class TlsStream implements DataWriter {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** An answer is written in pieces of about this size. */
  private static final int PIECE = 256 << 10;

  private static final String USE_HTTPS =
      """
      {"__type":"BadRequestException","message":"The server uses TLS here: write https://, not http://."}
      """;

  private static final byte[] PLAIN_HTTP =
      """
      HTTP/1.1 400 Bad Request\r
      Connection: close\r
      Content-Length: %d\r
      Content-Type: application/json\r
      Server: %s\r
      \r
      %s\
      """
          .formatted(USE_HTTPS.length(), RequestLog.SERVER, USE_HTTPS)
          .getBytes(US_ASCII);

  private final SSLEngine engine;
  private final DataReader in;
  private final DataWriter out;

  /** A reader that has to answer in a handshake and a writer may meet. */
  private final ReentrantLock writing = new ReentrantLock();

  private ByteBuffer received = NOTHING;
  private boolean begun;
  private volatile boolean established;

  TlsStream(SSLEngine engine, DataReader in, DataWriter out) {
    this.engine = engine;
    this.in = in;
    this.out = out;
  }

  /**
   * Waits for what the client sends next.
   *
   * @throws InsufficientDataAvailableException if it has ended the connection
   * @throws CloseConnectionException if it does not keep to the protocol
   */
  byte[] read() {
    while (true) {
      if (!received.hasRemaining()) {
        receive();
      }
      byte[] bytes = decrypted();
      if (bytes.length > 0) {
        return bytes;
      }
    }
  }

  /**
   * Waits until the client has completed the handshake, and drops what it has sent besides: for a
   * connection on which nothing is read.
   *
   * @throws InsufficientDataAvailableException if it has ended the connection
   * @throws CloseConnectionException if it does not keep to the protocol
   */
  void handshake() {
    while (!established) {
      if (!received.hasRemaining()) {
        receive();
      }
      var _ = decrypted();
    }
  }

  private byte[] decrypted() {
    ByteBuffer content = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    try {
      SSLEngineResult result = engine.unwrap(received, content);
      switch (result.getStatus()) {
        case BUFFER_UNDERFLOW -> receive();
        // The client has said that nothing more comes.
        case CLOSED -> throw new InsufficientDataAvailableException();
        // The buffer holds the largest record; with each result its place may have changed.
        case OK, BUFFER_OVERFLOW -> settle(result.getHandshakeStatus());
      }
    } catch (SSLException e) {
      refuse(e);
    }
    return Arrays.copyOf(content.array(), content.position());
  }

  private void receive() {
    in.ensureAvailable();
    byte[] more = in.readBytes(in.available());
    if (!begun) {
      begun = true;
      refusePlainHttp(more[0]);
    }
    ByteBuffer all = ByteBuffer.allocate(received.remaining() + more.length);
    received = all.put(received).put(more).flip();
  }

  /** A record of TLS begins with a byte that is no letter, a method of HTTP with one that is. */
  private void refusePlainHttp(byte first) {
    if (first >= 'A' && first <= 'Z') {
      out.writeNow(BufferData.create(PLAIN_HTTP));
      throw new CloseConnectionException("plain HTTP where TLS is used");
    }
  }

  /** Does what the handshake asks for, until it waits for the client. */
  private void settle(HandshakeStatus first) throws SSLException {
    HandshakeStatus status = first;
    while (true) {
      refuseRenegotiation(status);
      switch (status) {
        case NEED_TASK -> {
          for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
            task.run();
          }
          status = engine.getHandshakeStatus();
        }
        case NEED_WRAP -> {
          send(NOTHING);
          status = engine.getHandshakeStatus();
        }
        case FINISHED -> {
          established = true;
          status = engine.getHandshakeStatus();
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING -> {
          established |= status == HandshakeStatus.NOT_HANDSHAKING;
          return;
        }
      }
    }
  }

  /** In TLS 1.2, a client could have the server shake hands for as long as it likes. */
  private void refuseRenegotiation(HandshakeStatus status) {
    if (established
        && status != HandshakeStatus.FINISHED
        && status != HandshakeStatus.NOT_HANDSHAKING
        && engine.getSession().getProtocol().equals("TLSv1.2")) {
      throw new CloseConnectionException("the client asked for a second handshake");
    }
  }

  /** Tells the client why, as far as TLS has a word for it. */
  private void refuse(SSLException reason) {
    try {
      while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && send(NOTHING)) {
        // One record each time.
      }
    } catch (SSLException | RuntimeException e) {
      reason.addSuppressed(e);
    }
    throw new CloseConnectionException("TLS failed", reason);
  }

  /** Whether the client can still be written to. */
  private boolean send(ByteBuffer content) throws SSLException {
    writing.lock();
    try {
      ByteArrayOutputStream records = new ByteArrayOutputStream();
      ByteBuffer sealed = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      boolean open;
      do {
        SSLEngineResult result = engine.wrap(content, sealed.clear());
        if (content.hasRemaining() && result.bytesConsumed() + result.bytesProduced() == 0) {
          throw new CloseConnectionException("the client has not completed the handshake");
        }
        open = result.getStatus() == SSLEngineResult.Status.OK;
        records.write(sealed.array(), 0, sealed.position());
        if (records.size() >= PIECE || !open || !content.hasRemaining()) {
          out.writeNow(BufferData.create(records.toByteArray()));
          records.reset();
        }
      } while (open && content.hasRemaining());
      return open;
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void write(BufferData... buffers) {
    writeNow(buffers);
  }

  @Override
  public void write(BufferData buffer) {
    writeNow(buffer);
  }

  @Override
  public void writeNow(BufferData... buffers) {
    writeNow(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    try {
      if (!send(ByteBuffer.wrap(buffer.readBytes()))) {
        throw new CloseConnectionException("the client has ended the connection");
      }
    } catch (SSLException e) {
      throw new CloseConnectionException("TLS failed", e);
    }
  }

  /** Tells the client that nothing more comes; without that, it can't tell the end from a cut. */
  @Override
  public void close() {
    engine.closeOutbound();
    try {
      while (!engine.isOutboundDone() && send(NOTHING)) {
        // One record each time.
      }
    } catch (SSLException e) {
      throw new CloseConnectionException("TLS failed", e);
    }
  }
}
