package dev.regild.server.protection;

import dev.regild.files.CurrentUser;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.util.ArrayList;
import java.util.List;

/** Whether a user without rights may make the namespaces that sandboxes are made of. */
final class UserNamespaces implements Protection {
  private static final String WHAT = "user namespaces";
  private static final List<String> AS_NOBODY =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  @Override
  public Finding look() throws InterruptedException {
    List<String> command = new ArrayList<>(CurrentUser.isRoot() ? AS_NOBODY : List.of());
    command.addAll(List.of("unshare", "--user", "--map-root-user", "id", "-u"));
    try {
      return Finding.holds(
          WHAT, "an unprivileged user is %s in one".formatted(Program.of(command).run().strip()));
    } catch (ProgramException e) {
      return Finding.missing(
          WHAT,
          Messages.line(e)
              + "; as root, run: sysctl -w user.max_user_namespaces=10000 (on Ubuntu also"
              + " kernel.apparmor_restrict_unprivileged_userns=0)");
    }
  }
}
