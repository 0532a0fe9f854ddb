package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The labels of a guest's files. A host's kernel without the guest's policy gives new files none,
 * so the guest is told to label them when it starts (selinux(8), fixfiles(8)).
 */
public final class Selinux {
  private static final String CONFIGURATION = "/etc/selinux/config";
  private static final String RELABEL = "/.autorelabel";
  private static final String MODE = "(?m)^\\h*SELINUX\\h*=\\h*(?:enforcing|permissive)\\h*$";

  private final Guest guest;

  public Selinux(Guest guest) {
    this.guest = guest;
  }

  /** Has the guest label its files at the next start, if it has a policy. */
  public void relabel() throws GuestException {
    if (hasPolicy()) {
      guest.write(RELABEL, new byte[0], 0644);
    }
  }

  /**
   * On a throw-away layer: has the policy only warn. Our own files there have no labels, and to
   * label what an update changed would restart the machine.
   */
  void onlyWarn() throws GuestException {
    if (hasPolicy()) {
      guest.run("rm", "-f", RELABEL);
      String permissive = configuration().replaceAll(MODE, "SELINUX=permissive");
      guest.write(CONFIGURATION, permissive.getBytes(UTF_8), 0644);
    }
  }

  private boolean hasPolicy() throws GuestException {
    return guest.exists(CONFIGURATION) && configuration().lines().anyMatch(l -> l.matches(MODE));
  }

  private String configuration() throws GuestException {
    return new String(guest.read(CONFIGURATION), UTF_8);
  }
}
