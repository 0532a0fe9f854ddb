package dev.regild.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The kernels among an image's packages. */
public final class Kernels {
  private final List<Kernel> all;
  private final Comparator<Kernel> order;

  /**
   * A kernel.
   *
   * @param release as {@code uname -r} says it: {@code 6.1.0-44-cloud-amd64}
   * @param flavour those of one flavour take each other's place: {@code cloud-amd64}; may be empty
   * @param version its package's
   */
  public record Kernel(String release, String flavour, String version) {}

  private Kernels(List<Kernel> all, PackageFamily family) {
    this.all = all;
    this.order = Comparator.comparing(Kernel::version, family.order());
  }

  /** Those of an inventory. */
  public static Kernels of(List<InstalledPackage> packages, PackageFamily family) {
    return new Kernels(
        packages.stream().map(family.kernel()).flatMap(Optional::stream).toList(), family);
  }

  /** The one that says so of itself; empty if no package has it. */
  public Optional<Kernel> ofRelease(String release) {
    return all.stream().filter(each -> each.release().equals(release)).findFirst();
  }

  /** The newest of a flavour. */
  public Optional<Kernel> newest(String flavour) {
    return all.stream().filter(each -> each.flavour().equals(flavour)).max(order);
  }

  /** The newest of all. */
  public Optional<Kernel> newest() {
    return all.stream().max(order);
  }
}
