package dev.regild.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.insight.PackageDifference.Kind;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.rpm.RpmVersion;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InventoryDifferenceTest {
  private static final PackageFamily FAMILY = RpmVersion.FAMILY;

  @Test
  void packagesAreComparedInTheOrderOfTheirSystem() {
    assertThat(
            InventoryDifference.between(
                inventory("bash 4.4.9-1", "gone 1-1", "same 1-1", "zlib 1:1-1"),
                inventory("bash 4.4.20-1", "new 1-1", "same 1-1", "zlib 2-1"),
                FAMILY))
        .containsExactly(
            new PackageDifference(Kind.UPGRADED, "bash", "x86_64", "4.4.9-1", "4.4.20-1"),
            new PackageDifference(Kind.REMOVED, "gone", "x86_64", "1-1", ""),
            new PackageDifference(Kind.ADDED, "new", "x86_64", "", "1-1"),
            new PackageDifference(Kind.DOWNGRADED, "zlib", "x86_64", "1:1-1", "2-1"));
  }

  @Test
  void ofSeveralKernelsEachIsComparedByItself() {
    assertThat(
            InventoryDifference.between(
                inventory("kernel 1-1", "kernel 2-1"),
                inventory("kernel 2-1", "kernel 3-1"),
                FAMILY))
        .containsExactly(new PackageDifference(Kind.UPGRADED, "kernel", "x86_64", "1-1", "3-1"));
    assertThat(
            InventoryDifference.between(
                inventory("kernel 1-1"), inventory("kernel 1-1", "kernel 2-1"), FAMILY))
        .containsExactly(new PackageDifference(Kind.ADDED, "kernel", "x86_64", "", "2-1"));
  }

  @Test
  void imagesThatAreAlikeDoNotDiffer() {
    assertThat(InventoryDifference.between(inventory("a 1-1"), inventory("a 1-1"), FAMILY))
        .isEmpty();
  }

  private static Inventory inventory(String... packages) {
    return new Inventory(
        new OperatingSystem("ROCKY_LINUX8", "Rocky Linux 8.10", "8.10"),
        "x86_64",
        Arrays.stream(packages)
            .map(each -> each.split(" ", -1))
            .map(each -> new InstalledPackage(each[0], "x86_64", each[1], false))
            .toList());
  }
}
