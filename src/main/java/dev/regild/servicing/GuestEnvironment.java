package dev.regild.servicing;

import java.util.Map;
import java.util.TreeMap;

/** The environment of every program that runs in a guest: nothing of the host's comes along. */
final class GuestEnvironment {
  /**
   * Sorted, so that command lines are the same from run to run. Besides the usual: debconf and its
   * kin must never ask, and tools that would restart services or mail the administrator stay quiet.
   */
  static final Map<String, String> VARIABLES =
      new TreeMap<>(
          Map.of(
              "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME", "/root",
              "LC_ALL", "C.UTF-8",
              "DEBIAN_FRONTEND", "noninteractive",
              "DEBCONF_NONINTERACTIVE_SEEN", "true",
              "UCF_FORCE_CONFFOLD", "1",
              "NEEDRESTART_SUSPEND", "1",
              "APT_LISTCHANGES_FRONTEND", "none",
              "SYSTEMD_OFFLINE", "1"));

  private GuestEnvironment() {}
}
