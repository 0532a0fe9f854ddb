package dev.regild.rpm;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Kernels.Kernel;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernel that an RPM package holds. */
final class RpmKernel {
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

  private RpmKernel() {}

  static Optional<Kernel> of(InstalledPackage each) {
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
}
