package dev.regild.apt;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Kernels.Kernel;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernel that a package of Debian or Ubuntu holds. */
final class DebianKernel {
  /**
   * {@code linux-image-6.1.0-44-cloud-amd64}, of which {@code cloud-amd64} is the flavour. One that
   * is not signed says so in front at Ubuntu, behind at Debian; its release is the same.
   */
  private static final Pattern DEBIAN =
      Pattern.compile(
          "linux-image-(?:unsigned-)?(\\d[^-]*(?:-\\d[^-]*)*+-(\\p{Alpha}.*?))(?:-unsigned)?");

  private DebianKernel() {}

  static Optional<Kernel> of(InstalledPackage each) {
    Matcher name = DEBIAN.matcher(each.name());
    return name.matches() && !each.name().endsWith("-dbg")
        ? Optional.of(new Kernel(name.group(1), name.group(2), each.version()))
        : Optional.empty();
  }
}
