package dev.regild.disk.export;

import java.util.Arrays;
import java.util.Optional;

/** Operating systems as an OVF names them. The first whose platforms' prefix fits counts. */
enum OvfSystem {
  DEBIAN("DEBIAN", 96, "debian10_64Guest"),
  UBUNTU("UBUNTU", 94, "ubuntu64Guest"),
  RED_HAT("RHEL", 80, "rhel8_64Guest"),
  ORACLE("ORACLE_LINUX", 109, "oracleLinux8_64Guest"),
  ROCKY("ROCKY_LINUX", 107, "centos8_64Guest"),
  ALMA("ALMA_LINUX", 107, "centos8_64Guest"),
  CENTOS("CENTOS", 107, "centos8_64Guest"),
  AMAZON("AMAZON_LINUX", 101, "amazonlinux2_64Guest"),
  WINDOWS_SERVER_2016("WINDOWS_SERVER_2016", 1, "windows9Server64Guest"),
  WINDOWS_SERVER("WINDOWS_SERVER", 1, "windows2019srv_64Guest"),
  WINDOWS("WINDOWS", 1, "windows9_64Guest"),
  OTHER("", 101, "otherLinux64Guest");

  private final String prefix;
  private final int cimType;
  private final String vmwareType;

  /**
   * @param cimType {@code OsType} of CIM_OperatingSystem: 101 is a 64-bit Linux, 1 is Other
   * @param vmwareType {@code VirtualMachineGuestOsIdentifier} of vSphere 6.7, which later ones know
   */
  OvfSystem(String prefix, int cimType, String vmwareType) {
    this.prefix = prefix;
    this.cimType = cimType;
    this.vmwareType = vmwareType;
  }

  /** The system of a platform as images name it: {@code DEBIAN_12}. */
  static OvfSystem of(Optional<String> platform) {
    return Arrays.stream(values())
        .filter(each -> platform.orElse("").startsWith(each.prefix))
        .findFirst()
        .orElse(OTHER);
  }

  int cimType() {
    return cimType;
  }

  String vmwareType() {
    return vmwareType;
  }

  /** In MiB; what each of them starts with in comfort. */
  int memory() {
    return switch (this) {
      case WINDOWS_SERVER_2016, WINDOWS_SERVER, WINDOWS -> 4096;
      case DEBIAN, UBUNTU, RED_HAT, ORACLE, ROCKY, ALMA, CENTOS, AMAZON, OTHER -> 2048;
    };
  }
}
