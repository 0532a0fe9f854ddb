package dev.regild.channel;

import static dev.regild.plan.ChangeKind.DRIVER;
import static dev.regild.plan.ChangeKind.OS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.AptSource;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.PlanRules;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The default patterns, on names as the repositories of each platform have them. */
class DriverPackagesTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Windows | netkvm.inf oem-display.inf",
        "Debian | linux-image-amd64 linux-image-6.1.0-44-cloud-amd64 linux-headers-6.1.0-44-common"
            + " linux-kbuild-6.1 firmware-linux-nonfree firmware-iwlwifi amd64-microcode"
            + " intel-microcode nvidia-driver nvidia-kernel-dkms nvidia-open-kernel-dkms"
            + " libnvidia-ml1 dkms v4l2loopback-dkms xserver-xorg-video-amdgpu mesa-vulkan-drivers"
            + " mesa-va-drivers libgl1-mesa-dri libgbm1 libdrm-amdgpu1",
        "Ubuntu | linux-image-6.8.0-60-generic linux-image-generic linux-generic"
            + " linux-generic-hwe-24.04 linux-virtual linux-aws linux-headers-6.8.0-60"
            + " linux-modules-6.8.0-60-generic linux-modules-extra-6.8.0-60-generic linux-firmware"
            + " linux-modules-nvidia-550-generic linux-objects-nvidia-550-6.8.0-60-generic"
            + " linux-signatures-nvidia-6.8.0-60-generic nvidia-driver-550 nvidia-dkms-550-open"
            + " nvidia-utils-550 nvidia-kernel-common-550 libnvidia-compute-550 libnvidia-gl-550"
            + " xserver-xorg-video-nvidia-550 mesa-libgallium",
        "RHEL and Rocky 8 | kernel kernel-core kernel-modules kernel-modules-extra kernel-devel"
            + " kernel-headers kernel-debug-core kernel-rt-core kmod-kvdo kmod-nvidia-latest-dkms"
            + " linux-firmware iwl7260-firmware microcode_ctl mesa-dri-drivers mesa-libGL"
            + " mesa-libgbm xorg-x11-drv-intel xorg-x11-drv-libinput nvidia-driver"
            + " nvidia-driver-libs libdrm dkms",
        "Amazon Linux 2 | kernel kernel-5.10 kernel-5.15 kernel-devel kernel-headers"
            + " kernel-modules-extra kernel-livepatch-5.10.234-225.895 linux-firmware microcode_ctl"
            + " mesa-dri-drivers xorg-x11-drv-dummy"
      })
  void driversOfAPlatformAreDrivers(String platform, String names) {
    assertKinds(platform, names, DRIVER);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Windows | Windows Package_for_DotNetRollup infinite",
        "Debian | linux-base linux-libc-dev linux-perf linux-cpupower kmod libkmod2 fwupd"
            + " initramfs-tools mesa-utils nvidia-cuda-toolkit nvidia-container-toolkit libc6",
        "Ubuntu | linux-base linux-libc-dev linux-tools-common linux-tools-6.8.0-60-generic"
            + " linux-sysctl-defaults ubuntu-drivers-common ubuntu-kernel-accessories kmod"
            + " libkmod2",
        "RHEL and Rocky 8 | glibc-headers kernel-tools kernel-tools-libs kernel-abi-stablelists"
            + " kernel-srpm-macros kernel-rpm-macros kernel-doc kmod kmod-libs perf bpftool"
            + " python3-perf grubby dracut xorg-x11-server-Xorg mesa-demos fwupd libpciaccess",
        "Amazon Linux 2 | glibc-headers kernel-tools kmod kmod-libs perf ec2-utils"
            + " amazon-linux-extras system-release dracut"
      })
  void whatIsNamedLikeADriverIsNone(String platform, String names) {
    assertKinds(platform, names, OS);
  }

  private static void assertKinds(String platform, String names, ChangeKind kind) {
    List<String> patterns =
        PackageSystems.installed()
            .of(platform.equals("Windows") ? "WINDOWS" : "DEBIAN_12")
            .driverPackages();
    PlanRules rules =
        new Channel(
                "test",
                "DEBIAN_12",
                List.of(
                    new AptSource(
                        List.of("https://mirror.example/debian"),
                        List.of("bookworm"),
                        List.of("main"),
                        List.of("amd64"),
                        "/usr/share/keyrings/key.gpg")),
                patterns,
                List.of(),
                Duration.ofHours(1))
            .planRules();
    assertThat(List.of(names.split(" ")))
        .allSatisfy(name -> assertThat(rules.kindOf(name)).as(name).isEqualTo(kind));
  }
}
