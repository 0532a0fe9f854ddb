package dev.regild.insight;

import java.util.List;

/**
 * What an update fixes in the packages of one source.
 *
 * @param source the name of the source package
 * @param from the version of the source that is installed, or of the binary where that is not known
 * @param to the version of the source that will be there, or of the binary where that is not known
 * @param packages those of the source that the update installs, by name
 * @param kernel whether it is the source of a kernel
 * @param unknown why not all is known; empty if all is
 * @param fixed each CVE once, in the order of its identifier
 * @param mentioned those that the entries name without fixing them
 */
public record SourceFixes(
    String source,
    String from,
    String to,
    List<String> packages,
    boolean kernel,
    String unknown,
    List<FixedCve> fixed,
    List<FixedCve> mentioned) {
  public SourceFixes {
    packages = List.copyOf(packages);
    fixed = List.copyOf(fixed);
    mentioned = List.copyOf(mentioned);
  }
}
