package dev.regild.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a server on which things go wrong, as told. */
public final class FaultyLink implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile Fault fault = new Fault.None();

  /** What is wrong. */
  public sealed interface Fault {
    /** All goes through. */
    record None() implements Fault {}

    /** Nobody is there: connections break off. */
    record Away() implements Fault {}

    /** Each request is answered so, without the server seeing it. */
    record Answers(int status, String code, String message) implements Fault {}

    /** Answers come at one byte a second once their head is there. */
    record Slow() implements Fault {}

    /** Requests and answers come at one byte a second, from their first byte on. */
    record Crawling() implements Fault {}
  }

  /** To a port of this machine. */
  public FaultyLink(int target) throws IOException {
    this(InetAddress.getLoopbackAddress(), target);
  }

  /**
   * To a port of this machine.
   *
   * @param address of this machine that it listens on
   */
  public FaultyLink(InetAddress address, int target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 200, address);
    Thread.ofVirtual().name("faulty-link").start(this::accept);
  }

  public URI endpoint() {
    return URI.create(
        "http://%s:%d"
            .formatted(listening.getInetAddress().getHostAddress(), listening.getLocalPort()));
  }

  /** From now on; connections that are open break off. */
  public void set(Fault newFault) throws IOException {
    fault = newFault;
    for (Socket socket : open) {
      socket.close();
    }
    open.clear();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      switch (fault) {
        case Fault.Away _ -> client.close();
        case Fault.Answers answer -> answer(client, answer);
        case Fault.None _ -> relay(client, InputStream::transferTo, InputStream::transferTo);
        case Fault.Slow _ -> relay(client, InputStream::transferTo, FaultyLink::dripAfterHead);
        case Fault.Crawling _ -> relay(client, FaultyLink::drip, FaultyLink::drip);
      }
    } catch (IOException | InterruptedException e) {
      // The other side is gone, which is what this is for.
    }
  }

  private static void answer(Socket client, Fault.Answers answer) throws IOException {
    InputStream in = client.getInputStream();
    String head = "";
    while (!head.endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return;
      }
      head += (char) next;
    }
    if (head.toLowerCase(Locale.ROOT).contains("100-continue")) {
      // Otherwise the client waits for seconds before it sends its body.
      client.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII));
    }
    for (String line : head.split("\r\n", -1)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        in.skipNBytes(Long.parseLong(line.substring(15).strip()));
      }
    }
    String body =
        "<Error><Code>%s</Code><Message>%s</Message></Error>"
            .formatted(answer.code(), answer.message());
    client
        .getOutputStream()
        .write(
            "HTTP/1.1 %d Fault\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                .formatted(answer.status(), body.length(), body)
                .getBytes(US_ASCII));
  }

  /** How bytes go one way. */
  private interface Way {
    long pass(InputStream from, OutputStream to) throws IOException, InterruptedException;
  }

  private void relay(Socket client, Way requests, Way answers)
      throws IOException, InterruptedException {
    try (Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(server);
      Thread there =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  var _ = requests.pass(client.getInputStream(), server.getOutputStream());
                  server.shutdownOutput();
                } catch (IOException | InterruptedException e) {
                  // The other direction ends both.
                }
              });
      var _ = answers.pass(server.getInputStream(), client.getOutputStream());
      client.close();
      there.join();
    }
  }

  private static long dripAfterHead(InputStream from, OutputStream to)
      throws IOException, InterruptedException {
    String head = "";
    while (!head.endsWith("\r\n\r\n")) {
      int next = from.read();
      if (next < 0) {
        return head.length();
      }
      to.write(next);
      head += (char) next;
    }
    return head.length() + drip(from, to);
  }

  private static long drip(InputStream from, OutputStream to)
      throws IOException, InterruptedException {
    long passed = 0;
    for (int next = from.read(); next >= 0; next = from.read()) {
      to.write(next);
      passed++;
      Thread.sleep(1000);
    }
    return passed;
  }

  @Override
  public void close() throws IOException {
    listening.close();
    set(new Fault.Away());
  }
}
