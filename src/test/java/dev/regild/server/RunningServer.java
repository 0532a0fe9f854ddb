package dev.regild.server;

import dev.regild.files.FileTree;
import dev.regild.fixtures.MemoryDirectory;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts a server for whoever has a {@link ServerFixture} as a parameter, and closes it when the
 * parameter's context ends: a parameter of {@code @BeforeAll} gives all tests of a class one
 * server, a parameter of {@code @BeforeEach} or of a test gives each its own. Its data directory is
 * new, and is removed with it.
 */
final class RunningServer implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(RunningServer.class);

  private final Start start;

  /** How a server is started in a data directory. */
  interface Start {
    ServerFixture in(Path data) throws Exception;
  }

  /** A server and the directory that is its own. */
  private record Running(ServerFixture server, Path data) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      server.close();
      FileTree.remove(data);
    }
  }

  /** With the usual limits. */
  RunningServer() {
    this(ServerFixture::new);
  }

  /** With limits of the test's own. */
  RunningServer(Start start) {
    this.start = start;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ServerFixture.class;
  }

  @Override
  public ServerFixture resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getStore(NAMESPACE)
        .computeIfAbsent(context.getUniqueId(), _ -> run(), Running.class)
        .server();
  }

  private Running run() {
    try {
      Path data = MemoryDirectory.create("regild-server-");
      return new Running(start.in(data), data);
    } catch (Exception e) {
      throw new ParameterResolutionException("The server does not start.", e);
    }
  }
}
