package dev.regild.plan;

import java.util.List;

/**
 * One change of an update plan.
 *
 * @param kind operating system, driver or agent
 * @param name the package's name
 * @param architecture the package's architecture
 * @param from the installed version; empty for a package that is new
 * @param to the version that the channel offers
 * @param security whether its repositories mark it as a security fix
 * @param advisories the repositories' advisories about it, sorted by id; Debian's have none
 */
public record Change(
    ChangeKind kind,
    String name,
    String architecture,
    String from,
    String to,
    boolean security,
    List<Advisory> advisories) {
  public Change { // A plan that was stored before there were advisories has none.
    advisories = advisories == null ? List.of() : List.copyOf(advisories);
  }

  /** A change about which the repositories say no more. */
  public Change(ChangeKind kind, String name, String architecture, String from, String to) {
    this(kind, name, architecture, from, to, false, List.of());
  }

  /** The same to another version, about which nothing is said. */
  public Change upTo(String version) {
    return new Change(kind, name, architecture, from, version, security, advisories);
  }
}
