package dev.regild.demo;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import com.sun.net.httpserver.SimpleFileServer.OutputLevel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;

/** Serves a repository's directory over HTTP, on a free port of the loopback address. */
public final class RepositoryServer implements AutoCloseable {
  private final HttpServer server;

  private RepositoryServer(HttpServer server) {
    this.server = server;
  }

  /** Serves a directory until it is closed. */
  public static RepositoryServer serve(Path root) {
    HttpServer server =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            root.toAbsolutePath(),
            OutputLevel.NONE);
    server.start();
    return new RepositoryServer(server);
  }

  /** What apt's {@code URIs} names. */
  public URI uri() {
    return URI.create("http://127.0.0.1:%d".formatted(server.getAddress().getPort()));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
