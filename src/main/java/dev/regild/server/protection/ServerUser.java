package dev.regild.server.protection;

import dev.regild.files.CurrentUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whose rights an attacker has who takes the server over: those of the data directory's owner. */
record ServerUser(Path data) implements Protection {
  private static final String WHAT = "server's user";

  @Override
  public Finding look() {
    try {
      if (!Files.isDirectory(data)) {
        return judged(CurrentUser.uid(), CurrentUser.name());
      }
      int owner = (int) Files.getAttribute(data, "unix:uid");
      String name = Files.getOwner(data).getName();
      if (owner != CurrentUser.uid()) {
        return Finding.missing(
            WHAT,
            "%s, but doctor runs as %s; run doctor as the server's user"
                .formatted(name, CurrentUser.name()));
      }
      return judged(owner, name);
    } catch (IOException e) {
      return Finding.missing(WHAT, data + " cannot be read: " + e.getMessage());
    }
  }

  private static Finding judged(int uid, String name) {
    return uid == 0
        ? Finding.missing(
            WHAT, "root; give the server its own user (docs/operations.md, A user of its own)")
        : Finding.holds(WHAT, "%s (uid %d)".formatted(name, uid));
  }
}
