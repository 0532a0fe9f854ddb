package dev.regild.server.protection;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether bubblewrap can put a program under a filter of system calls (seccomp). */
final class SystemCallFilter implements Protection {
  private static final String WHAT = "seccomp";

  /** BPF_RET | BPF_K with SECCOMP_RET_ALLOW (linux/seccomp.h): the filter that lets all through. */
  private static final byte[] ALLOW = {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};

  /** Of a program that is under a filter: proc(5). */
  private static final String FILTERED = "Seccomp:\t2";

  private static final String SCRIPT =
      "exec bwrap --ro-bind / / --proc /proc --unshare-pid --seccomp 9 cat /proc/self/status"
          + " 9<\"$1\"";

  @Override
  public Finding look() throws InterruptedException {
    try {
      Path filter = Files.createTempFile("regild-seccomp-", ".bpf");
      try {
        Files.write(filter, ALLOW);
        String status = Program.of("/bin/sh", "-c", SCRIPT, "sh", filter.toString()).run();
        return status.contains(FILTERED)
            ? Finding.holds(WHAT, "a program ran under a filter")
            : Finding.missing(WHAT, "a filter was loaded and does not hold; use another kernel");
      } finally {
        Files.deleteIfExists(filter);
      }
    } catch (ProgramException | IOException e) {
      return Finding.missing(
          WHAT, Messages.line(e) + "; use a kernel with CONFIG_SECCOMP_FILTER, and bubblewrap");
    }
  }
}
