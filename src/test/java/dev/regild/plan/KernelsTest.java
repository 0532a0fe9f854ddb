package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.DebianVersion;
import dev.regild.rpm.RpmVersion;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelsTest {
  @ParameterizedTest
  @CsvSource({
    "linux-image-6.1.0-44-cloud-amd64, cloud-amd64",
    "linux-image-6.1.0-44-amd64, amd64",
    "linux-image-6.12.117+deb13-cloud-amd64, cloud-amd64",
    "linux-image-6.12.115+deb13.1-rt-amd64, rt-amd64",
    "linux-image-6.1.0-0.deb11.5-amd64, amd64",
    "linux-image-unsigned-6.8.0-45-generic, generic",
    "linux-image-unsigned-6.8.0-1015-gcp-64k, gcp-64k",
    "linux-image-6.8.0-1015-aws, aws",
    "linux-image-6.1.0-44-amd64-unsigned, amd64",
    "linux-image-6.1.0-44-cloud-amd64-unsigned, cloud-amd64",
    "linux-image-6.12.115+deb13.1-rt-amd64-unsigned, rt-amd64",
  })
  void ofDebianTheFlavourIsWhatStandsBehindTheNumbers(String name, String flavour) {
    Kernels kernels = Kernels.of(List.of(of(name, "amd64", "1")), DebianVersion.FAMILY);
    assertThat(kernels.newest())
        .hasValue(
            new Kernels.Kernel(
                name.replaceAll("linux-image-(unsigned-)?|-unsigned$", ""), flavour, "1"));
  }

  @ParameterizedTest
  @CsvSource({
    "kernel-core, 5.14.0-427.13.1.el9_4, x86_64, 5.14.0-427.13.1.el9_4.x86_64, ''",
    "kernel-rt-core, 5.14.0-427.13.1.el9_4, x86_64, 5.14.0-427.13.1.el9_4.x86_64+rt, rt",
    "kernel-rt-debug-core, 5.14.0-427.el9, x86_64, 5.14.0-427.el9.x86_64+rt-debug, rt-debug",
    "kernel-rt-core, 5.14.0-284.rt14.296.el9_2, x86_64, 5.14.0-284.rt14.296.el9_2.x86_64, rt",
    "kernel-rt-core, 4.18.0-553.rt7.342.el8_10, x86_64, 4.18.0-553.rt7.342.el8_10.x86_64, rt",
    "kernel-rt-debug-core, 4.18.0-1.rt7.1.el8, x86_64, 4.18.0-1.rt7.1.el8.x86_64+debug, rt-debug",
    "kernel-rt, 3.10.0-1160.rt56.1131.el7, x86_64, 3.10.0-1160.rt56.1131.el7.x86_64, rt",
    "kernel-debug, 3.10.0-1160.el7, x86_64, 3.10.0-1160.el7.x86_64.debug, debug",
    "kernel-64k-core, 5.14.0-427.el9, aarch64, 5.14.0-427.el9.aarch64+64k, 64k",
    "kernel-64k-debug-core, 5.14.0-427.el9, aarch64, 5.14.0-427.el9.aarch64+64k-debug, 64k-debug",
    "kernel-rt-64k-core, 5.14.0-503.el9, aarch64, 5.14.0-503.el9.aarch64+rt-64k, rt-64k",
    "kernel-uek-core, 5.15.0-200.el9uek, x86_64, 5.15.0-200.el9uek.x86_64, uek",
    "kernel-ml-core, 6.9.1-1.el9.elrepo, x86_64, 6.9.1-1.el9.elrepo.x86_64, ml",
    "kernel6.12, 6.12.20-23.amzn2023, x86_64, 6.12.20-23.amzn2023.x86_64, 6.12",
  })
  void ofRpmTheReleaseIsAsTheKernelSaysIt(
      String name, String version, String architecture, String release, String flavour) {
    Kernels kernels = Kernels.of(List.of(of(name, architecture, version)), RpmVersion.FAMILY);
    assertThat(kernels.ofRelease(release)).hasValue(new Kernels.Kernel(release, flavour, version));
  }

  @Test
  void aLongNameIsReadInTheTimeThatItsLengthTakes() {
    String hostile = "linux-image-6" + "-6".repeat(20_000);
    assertThat(Kernels.of(List.of(of(hostile, "amd64", "1")), DebianVersion.FAMILY).newest())
        .isEmpty();
  }

  @Test
  void packagesThatStandForAKernelOrBelongToOneAreNone() {
    assertThat(
            Kernels.of(
                    List.of(
                        of("linux-image-cloud-amd64", "amd64", "6.1.1"),
                        of("linux-image-6.1.0-44-amd64-dbg", "amd64", "6.1.1"),
                        of("linux-headers-6.1.0-44-amd64", "amd64", "6.1.1")),
                    DebianVersion.FAMILY)
                .newest())
        .isEmpty();
    assertThat(
            Kernels.of(
                    List.of(
                        of("kernel-modules", "x86_64", "4.18.0-553.el8"),
                        of("kernel-headers", "x86_64", "4.18.0-553.el8"),
                        of("kernel-tools", "x86_64", "4.18.0-553.el8")),
                    RpmVersion.FAMILY)
                .newest())
        .isEmpty();
  }

  @Test
  void theNewestIsThatOfTheFlavour() {
    Kernels kernels =
        Kernels.of(
            List.of(
                of("kernel-core", "x86_64", "4.18.0-513.el8"),
                of("kernel-core", "x86_64", "4.18.0-553.2.1.el8"),
                of("kernel-core", "x86_64", "4.18.0-553.10.1.el8"),
                of("kernel-debug-core", "x86_64", "4.18.0-600.el8"),
                of("kernel-rt-core", "x86_64", "1:4.18.0-700.rt7.342.el8")),
            RpmVersion.FAMILY);
    assertThat(kernels.newest("").orElseThrow().release()).isEqualTo("4.18.0-553.10.1.el8.x86_64");
    assertThat(kernels.newest("debug").orElseThrow().release())
        .isEqualTo("4.18.0-600.el8.x86_64+debug");
    assertThat(kernels.ofRelease("4.18.0-700.rt7.342.el8.x86_64").orElseThrow().flavour())
        .isEqualTo("rt");
    assertThat(kernels.ofRelease("6.6.0-own")).isEmpty();
  }

  private static InstalledPackage of(String name, String architecture, String version) {
    return new InstalledPackage(name, architecture, version, false);
  }
}
