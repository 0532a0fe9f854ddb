package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;

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
    "linux-image-6.8.0-1015-aws, aws",
  })
  void ofDebianTheFlavourIsWhatStandsBehindTheNumbers(String name, String flavour) {
    Kernels kernels = Kernels.of(List.of(of(name, "amd64", "1")), PackageSystem.DPKG);
    assertThat(kernels.newest())
        .hasValue(
            new Kernels.Kernel(name.replaceFirst("linux-image-(unsigned-)?", ""), flavour, "1"));
  }

  @Test
  void packagesThatStandForAKernelOrBelongToOneAreNone() {
    assertThat(
            Kernels.of(
                    List.of(
                        of("linux-image-cloud-amd64", "amd64", "6.1.1"),
                        of("linux-image-6.1.0-44-amd64-dbg", "amd64", "6.1.1"),
                        of("linux-headers-6.1.0-44-amd64", "amd64", "6.1.1")),
                    PackageSystem.DPKG)
                .newest())
        .isEmpty();
    assertThat(
            Kernels.of(
                    List.of(
                        of("kernel-modules", "x86_64", "4.18.0-553.el8"),
                        of("kernel-headers", "x86_64", "4.18.0-553.el8"),
                        of("kernel-tools", "x86_64", "4.18.0-553.el8")),
                    PackageSystem.RPM)
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
            PackageSystem.RPM);
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
