package dev.regild.demo;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One version of the demo's streaming agent, a Debian package of architecture {@code all}: a
 * program, a systemd service that is enabled, and a configuration file.
 *
 * @param version of the package
 * @param configuration the content of the conffile {@value #CONFFILE}
 * @param afterInstall shell text that its postinst runs at the end of {@code configure}; empty for
 *     an agent that behaves
 * @param asks whether its installation asks a debconf question of priority {@code critical}
 */
public record AgentPackage(
    String version, String configuration, String afterInstall, boolean asks) {
  /** The package's name. */
  public static final String NAME = "regild-streaming-agent";

  /** The name of its service. */
  public static final String SERVICE = NAME + ".service";

  /** Its configuration file, a conffile of dpkg's. */
  public static final String CONFFILE = "/etc/regild-streaming-agent.conf";

  private static final Set<PosixFilePermission> EXECUTABLE =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private static final Pattern VERSION = Pattern.compile("[0-9][A-Za-z0-9.+~]*");

  public AgentPackage {
    if (!VERSION.matcher(version).matches()) {
      throw new IllegalArgumentException("not a version of a Debian package: " + version);
    }
  }

  /** An agent that behaves. */
  public static AgentPackage version(String version) {
    return new AgentPackage(version, "sessions=1\n", "", false);
  }

  /** The same with another content of its conffile. */
  public AgentPackage withConfiguration(String newConfiguration) {
    return new AgentPackage(version, newConfiguration, afterInstall, asks);
  }

  /** The same with shell text at the end of its postinst. */
  public AgentPackage withAfterInstall(String shell) {
    return new AgentPackage(version, configuration, shell, asks);
  }

  /** The same with a debconf question; without an answer its installation would wait. */
  public AgentPackage thatAsks() {
    return new AgentPackage(version, configuration, afterInstall, true);
  }

  /** The name of its file in a repository. */
  public String fileName() {
    return "%s_%s_all.deb".formatted(NAME, version);
  }

  /**
   * Builds the package.
   *
   * @param workspace an empty directory that the caller removes
   * @param file where to write the {@code .deb}
   * @throws ProgramException if dpkg-deb fails or is missing
   */
  void build(Path workspace, Path file) throws IOException, ProgramException, InterruptedException {
    write(workspace, "DEBIAN/control", control(), false);
    write(workspace, "DEBIAN/conffiles", CONFFILE + "\n", false);
    write(workspace, "DEBIAN/postinst", postinst(), true);
    write(workspace, "DEBIAN/prerm", PRERM, true);
    write(workspace, "DEBIAN/postrm", POSTRM, true);
    if (asks) {
      write(workspace, "DEBIAN/templates", TEMPLATES, false);
      write(workspace, "DEBIAN/config", CONFIG, true);
    }
    write(workspace, CONFFILE.substring(1), configuration, false);
    write(workspace, "usr/libexec/" + NAME, program(), true);
    write(workspace, "lib/systemd/system/" + SERVICE, UNIT, false);
    write(workspace, "usr/share/doc/" + NAME + "/copyright", "Licence: Apache-2.0\n", false);
    // The same input gives the same bytes, so that the package's hash is stable from run to run.
    Program.of("dpkg-deb", "--root-owner-group", "-Zxz", "--build", workspace.toString())
        .with("SOURCE_DATE_EPOCH", "1767225600")
        .run();
    Path built = workspace.resolveSibling(workspace.getFileName() + ".deb");
    Files.move(built, file);
  }

  private String control() {
    return """
    Package: %s
    Version: %s
    Architecture: all
    Maintainer: Regild demo <demo@regild.example>
    Section: admin
    Priority: optional
    %sDescription: streaming agent of the Regild demo
     Stands for the software that a golden image carries to be reached by its users.
     It does nothing but run.
    """
        .formatted(NAME, version, asks ? "Depends: debconf\n" : "");
  }

  private String postinst() {
    return """
    #!/bin/sh
    set -e
    %scase "$1" in configure|abort-upgrade|abort-deconfigure|abort-remove)
        deb-systemd-helper unmask %2$s >/dev/null || true
        if deb-systemd-helper --quiet was-enabled %2$s; then
            deb-systemd-helper enable %2$s >/dev/null || true
        else
            deb-systemd-helper update-state %2$s >/dev/null || true
        fi
        if [ -d /run/systemd/system ]; then
            systemctl --system daemon-reload >/dev/null || true
            if [ -n "$2" ]; then action=restart; else action=start; fi
            deb-systemd-invoke "$action" %2$s >/dev/null || true
        fi
        ;;
    esac
    if [ "$1" = configure ]; then
        :
        %3$s
    fi
    """
        .formatted(
            asks ? ". /usr/share/debconf/confmodule\ndb_get " + NAME + "/licence\n" : "",
            SERVICE,
            afterInstall.strip());
  }

  private String program() {
    return """
    #!/bin/sh
    echo "streaming agent %s is ready"
    exec sleep infinity
    """
        .formatted(version);
  }

  private static void write(Path root, String name, String text, boolean executable)
      throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(EXECUTABLE));
    Files.writeString(file, text);
    Files.setPosixFilePermissions(
        file, executable ? EXECUTABLE : PosixFilePermissions.fromString("rw-r--r--"));
  }

  private static final String PRERM =
      """
      #!/bin/sh
      set -e
      if [ -d /run/systemd/system ] && [ "$1" = remove ]; then
          deb-systemd-invoke stop %1$s >/dev/null || true
      fi
      """
          .formatted(SERVICE);

  private static final String POSTRM =
      """
      #!/bin/sh
      set -e
      if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
          systemctl --system daemon-reload >/dev/null || true
      fi
      if [ "$1" = purge ] && [ -x /usr/bin/deb-systemd-helper ]; then
          deb-systemd-helper purge %1$s >/dev/null || true
      fi
      """
          .formatted(SERVICE);

  private static final String TEMPLATES =
      """
      Template: %s/licence
      Type: boolean
      Default: true
      Description: Do you accept the agent's licence?
       An installation that nobody watches must not wait here.
      """
          .formatted(NAME);

  private static final String CONFIG =
      """
      #!/bin/sh
      set -e
      . /usr/share/debconf/confmodule
      db_input critical %s/licence || true
      db_go || true
      """
          .formatted(NAME);

  private static final String UNIT =
      """
      [Unit]
      Description=Streaming agent of the Regild demo

      [Service]
      ExecStart=/usr/libexec/%s
      DynamicUser=yes
      Restart=on-failure

      [Install]
      WantedBy=multi-user.target
      """
          .formatted(NAME);
}
