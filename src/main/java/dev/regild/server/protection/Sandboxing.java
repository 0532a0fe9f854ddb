package dev.regild.server.protection;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The sandbox of the tools that read foreign bytes. Without it, they do not run. */
final class Sandboxing implements Protection {
  private static final String WHAT = "bubblewrap";
  private static final Path NETWORK = Path.of("/proc/self/ns/net");

  @Override
  public Finding look() throws InterruptedException {
    try {
      String _ = Program.of("true").in(Sandbox.reading()).run();
    } catch (ProgramException e) {
      return Finding.needed(
          WHAT,
          String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ")
              + "; apt-get install bubblewrap, and allow user namespaces");
    }
    try {
      String network =
          Program.of(
                  "bwrap", "--unshare-all", "--ro-bind", "/", "/", "readlink", NETWORK.toString())
              .run();
      return network.strip().equals(Files.readSymbolicLink(NETWORK).toString())
          ? Finding.needed(
              WHAT, "a sandboxed program could still see the host's network; update bubblewrap")
          : Finding.holds(WHAT, "a program ran in it without the host's network");
    } catch (ProgramException | IOException e) {
      return Finding.missing(WHAT, Messages.line(e));
    }
  }
}
