package dev.regild.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernels among an image's packages. */
public final class Kernels {
  /**
   * {@code linux-image-6.1.0-44-cloud-amd64}, of which {@code cloud-amd64} is the flavour. One that
   * is not signed says so in front at Ubuntu, behind at Debian; its release is the same.
   */
  private static final Pattern DEBIAN =
      Pattern.compile(
          "linux-image-(?:unsigned-)?(\\d[^-]*(?:-\\d[^-]*)*+-(\\p{Alpha}.*?))(?:-unsigned)?");

  /** {@code kernel-rt-core}, of which {@code rt} is the flavour. */
  private static final Pattern RPM =
      Pattern.compile(
          "kernel(\\d[\\d.]*)?"
              + "(?:-((?:rt-)?(?:64k|16k)(?:-debug)?|rt(?:-debug)?|debug|zfcpdump|uek|lt|ml))?"
              + "(?:-core)?");

  /** Builds of their own, whose releases have no word behind the architecture. */
  private static final Set<String> OWN_BUILDS = Set.of("uek", "lt", "ml");

  /** Where the real-time kernel is a build of its own: {@code 4.18.0-553.rt7.342.el8_10}. */
  private static final Pattern REAL_TIME = Pattern.compile("\\.rt\\d");

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

  private Kernels(List<Kernel> all, PackageSystem system) {
    this.all = all;
    this.order = Comparator.comparing(Kernel::version, system.order());
  }

  /** Those of an inventory. */
  public static Kernels of(List<InstalledPackage> packages, PackageSystem system) {
    List<Kernel> all = new ArrayList<>();
    for (InstalledPackage each : packages) {
      switch (system) {
        case DPKG -> ofDebian(each).ifPresent(all::add);
        case RPM -> ofRpm(each).ifPresent(all::add);
        case WINDOWS -> {
          // A Windows has one.
        }
      }
    }
    return new Kernels(all, system);
  }

  private static Optional<Kernel> ofDebian(InstalledPackage each) {
    Matcher name = DEBIAN.matcher(each.name());
    return name.matches() && !each.name().endsWith("-dbg")
        ? Optional.of(new Kernel(name.group(1), name.group(2), each.version()))
        : Optional.empty();
  }

  private static Optional<Kernel> ofRpm(InstalledPackage each) {
    Matcher name = RPM.matcher(each.name());
    if (!name.matches()) {
      return Optional.empty();
    }
    String series = name.group(1) == null ? "" : name.group(1);
    String variant = name.group(2) == null ? "" : name.group(2);
    String version = each.version().replaceFirst("^\\d+:", "");
    String release = version + "." + each.architecture() + ending(variant, version);
    return Optional.of(new Kernel(release, series + variant, each.version()));
  }

  /** What kernel.spec puts behind the architecture: {@code +rt}, {@code +64k-debug}. */
  private static String ending(String variant, String version) {
    String word = REAL_TIME.matcher(version).find() ? variant.replaceFirst("^rt-?", "") : variant;
    if (word.isEmpty() || OWN_BUILDS.contains(word)) {
      return "";
    }
    return (version.contains(".el7") ? "." : "+") + word;
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
