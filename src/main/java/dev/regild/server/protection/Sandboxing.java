package dev.regild.server.protection;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Bubblewrap with namespaces of every kind, as the tools that read foreign bytes run in. */
final class Sandboxing implements Protection {
  private static final String WHAT = "bubblewrap";
  private static final Path NETWORK = Path.of("/proc/self/ns/net");

  @Override
  public Finding look() throws InterruptedException {
    try {
      String network =
          Program.of(
                  "bwrap",
                  "--unshare-all",
                  "--unshare-user",
                  "--die-with-parent",
                  "--cap-drop",
                  "ALL",
                  "--ro-bind",
                  "/",
                  "/",
                  "--proc",
                  "/proc",
                  "readlink",
                  "/proc/self/ns/net")
              .run();
      return network.strip().equals(Files.readSymbolicLink(NETWORK).toString())
          ? Finding.missing(
              WHAT, "a sandboxed program could still see the host's network; update bubblewrap")
          : Finding.holds(WHAT, "a program ran in it without the host's network");
    } catch (ProgramException | IOException e) {
      return Finding.missing(
          WHAT, Messages.line(e) + "; apt-get install bubblewrap, and allow user namespaces");
    }
  }
}
