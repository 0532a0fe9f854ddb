package dev.regild.cli.terminal;

import java.io.PrintWriter;

/**
 * What a command that waits says when it is interrupted (Ctrl-C): the work goes on in the server,
 * and this is how to watch and to end it.
 */
public final class InterruptionNotice implements AutoCloseable {
  private final Thread hook;

  /**
   * Says it from now on until {@link #close}.
   *
   * @param image that the server makes
   */
  public InterruptionNotice(PrintWriter out, String image) {
    this.hook =
        new Thread(
            () -> {
              out.printf(
                  "%n%1$s is still being created. Watch it with: ./regild show %1$s%n"
                      + "Cancel it with: ./regild cancel %1$s%n",
                  image);
              out.flush();
            },
            "interruption-notice");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // It is being said.
    }
  }
}
