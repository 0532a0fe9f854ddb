package dev.regild.insight;

import java.util.List;

/**
 * What an update fixes in the packages of one source.
 *
 * @param source the name of the source package
 * @param from the installed version of the source, or of the binary if that is unknown
 * @param to the new version of the source, or of the binary if that is unknown
 * @param packages the names of the source's packages that the update installs
 * @param kernel whether the source is a kernel
 * @param unknown why CVEs may be missing; empty if none are
 * @param fixed the CVEs that it fixes, each once, sorted by identifier
 * @param mentioned the CVEs that its entries name without fixing them
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
