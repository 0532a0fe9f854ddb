package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.apt.DebianVersion;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.StepException;
import dev.regild.plan.InstalledPackage;
import dev.regild.servicing.QualificationReport;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BootedKernelTest {
  private final BootedKernel kernel = new BootedKernel(DebianVersion.FAMILY);

  @Test
  void theNewestKernelIsAsPromised() throws Exception {
    assertThat(kernel.check(booted("6.1.0-2-amd64"), with("1", "2"), with("1"), this::neverAsked))
        .isEmpty();
  }

  @Test
  void anUpdateWhoseKernelDoesNotBootHasFailedAndSaysWhy() {
    assertThatThrownBy(() ->
            kernel.check(
                booted("6.1.0-1-amd64", "1>2", "6.1.0-1-amd64", "6.1.0-2-amd64"),
                with("1", "2"),
                with("1"),
                () -> "6.1.0-1-amd64"))
        .isInstanceOf(StepException.class)
        .hasMessage(
            "The new image boots the kernel 6.1.0-1-amd64 and not 6.1.0-2-amd64, which the update"
                + " installed: GRUB_DEFAULT=1>2 chooses another entry.");
    assertThatThrownBy(() ->
            kernel.check(
                booted("6.1.0-1-amd64", "0", "6.1.0-1-amd64"),
                with("1", "2"),
                with("1"),
                () -> "6.1.0-1-amd64"))
        .hasMessageEndingWith("the boot loader has no entry for it.");
  }

  @Test
  void anImageThatBootedAnOlderOneBeforeIsWarnedAbout() throws Exception {
    assertThat(
            kernel.check(
                booted("6.1.0-1-amd64"),
                with("1", "2", "3"),
                with("1", "2"),
                () -> "6.1.0-1-amd64"))
        .hasValue(
            "The image boots the kernel 6.1.0-1-amd64, although 6.1.0-3-amd64 is installed: the"
                + " boot loader chooses another entry.");
  }

  @Test
  void anUpdateThatInstalledNoKernelPromisedNone() throws Exception {
    assertThat(
            kernel.check(booted("6.1.0-1-amd64"), with("1", "2"), with("1", "2"), this::neverAsked))
        .isPresent();
  }

  @Test
  void aKernelOfItsOwnersOwnIsTheOwnersChoice() throws Exception {
    assertThat(kernel.check(booted("6.6.0-own"), with("1", "2"), with("1"), this::neverAsked))
        .isPresent();
    assertThat(kernel.check(booted("6.6.0-own"), with(), with(), this::neverAsked)).isEmpty();
  }

  @Test
  void anotherFlavourIsNotComparedWithThisOne() throws Exception {
    Inventory both = inventory(Stream.of("6.1.0-1-amd64", "6.1.0-2-cloud-amd64"));
    assertThat(kernel.check(booted("6.1.0-1-amd64"), both, with("1"), this::neverAsked)).isEmpty();
  }

  private String neverAsked() {
    throw new AssertionError("the existing image would be booted");
  }

  private static QualificationReport booted(String release) {
    return booted(release, "");
  }

  private static QualificationReport booted(String release, String byDefault, String... entries) {
    return new QualificationReport(
        release, "running", List.of(), List.of(), byDefault, List.of(entries), Optional.empty());
  }

  private static Inventory with(String... abis) {
    return inventory(Stream.of(abis).map(abi -> "6.1.0-" + abi + "-amd64"));
  }

  private static Inventory inventory(Stream<String> releases) {
    return new Inventory(
        new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
        "amd64",
        releases
            .map(each -> new InstalledPackage("linux-image-" + each, "amd64", "6.1." + each, false))
            .toList());
  }
}
