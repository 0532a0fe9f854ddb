package dev.regild.plan;

import java.util.List;

/**
 * What an image's owner has told its package manager to prefer or to leave alone. It holds while
 * the image is updated, so a plan that did not honour it would promise what never comes.
 *
 * @param defaultRelease apt's {@code APT::Default-Release}; empty if there is none
 * @param pins apt's preferences, in the order in which apt reads them
 * @param includes patterns of the only packages that dnf and yum see; empty for all
 * @param excludes patterns of packages that dnf and yum don't see
 * @param locks of dnf's and yum's plugin versionlock, a line each
 * @param ignoresObsoletes whether dnf and yum replace no package by one that obsoletes it
 */
public record UpdatePolicy(
    String defaultRelease,
    List<Pin> pins,
    List<String> includes,
    List<String> excludes,
    List<String> locks,
    boolean ignoresObsoletes) {
  /** Of an owner who has said nothing. */
  public static final UpdatePolicy NONE =
      new UpdatePolicy("", List.of(), List.of(), List.of(), List.of(), false);

  public UpdatePolicy {
    pins = List.copyOf(pins);
    includes = List.copyOf(includes);
    excludes = List.copyOf(excludes);
    locks = List.copyOf(locks);
  }

  /** Of a system with apt. */
  public static UpdatePolicy ofApt(String defaultRelease, List<Pin> pins) {
    return new UpdatePolicy(defaultRelease, pins, List.of(), List.of(), List.of(), false);
  }

  /** Whether there may be packages that dnf and yum don't see. */
  public boolean hidesPackages() {
    return !(includes.isEmpty() && excludes.isEmpty() && locks.isEmpty());
  }
}
