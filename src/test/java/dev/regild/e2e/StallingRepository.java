package dev.regild.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A package repository over HTTP of which no package comes to its end, until it flows. */
final class StallingRepository implements AutoCloseable {
  private final Path root;
  private final HttpServer server;
  private final HttpHandler files;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch flowing = new CountDownLatch(1);

  private StallingRepository(Path root) throws IOException {
    this.root = root;
    files = SimpleFileServer.createFileHandler(root);
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0, "/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  /**
   * @param root an absolute path
   */
  static StallingRepository serve(Path root) throws IOException {
    return new StallingRepository(root);
  }

  /** What apt's {@code URIs} names. */
  String uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort()).toString();
  }

  /** From now on, packages come whole. */
  void flow() {
    flowing.countDown();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (!path.endsWith(".deb") || flowing.getCount() == 0) {
      files.handle(exchange);
      return;
    }
    try (exchange) {
      exchange.sendResponseHeaders(200, Files.size(root.resolve(path.substring(1))));
      exchange.getResponseBody().write('!');
      exchange.getResponseBody().flush();
      flowing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    flow();
    server.stop(0);
    threads.close();
  }
}
