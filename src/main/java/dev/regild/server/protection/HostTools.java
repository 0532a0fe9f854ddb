package dev.regild.server.protection;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.machine.ApplianceKernel;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.machine.HostTool;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.UefiFirmware;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What this machine has of what Regild works with, looked at once. */
public final class HostTools {
  private static final List<Tool> TOOLS =
      List.of(
          new Tool("qemu-img", "--version", Need.EVERY_IMAGE, "qemu-utils"),
          new Tool("qemu-system-x86_64", "--version", Need.EVERY_IMAGE, "qemu-system-x86"),
          new Tool("prlimit", "--version", Need.EVERY_IMAGE, "util-linux"),
          new Tool("qemu-storage-daemon", "--version", Need.NAMESPACE, "qemu-system-common"),
          new Tool("bwrap", "--version", Need.EVERY_IMAGE, "bubblewrap"),
          new Tool("python3", "--version", Need.NAMESPACE, "python3"));

  private final List<Finding> findings;

  /** What something is needed for. */
  public record Need(String words) {
    static final Need EVERY_IMAGE = new Need("every image");

    /** The isolation that is not the default. */
    static final Need NAMESPACE = new Need("isolation namespace");

    static final Need UEFI = new Need("images that boot with UEFI");

    /** A machine that has no such images does without. */
    static Need of(PackageSystem system) {
      return new Need(system.imagesInWords());
    }
  }

  /** A program, the argument that makes it tell its version, and Debian's package of it. */
  private record Tool(String name, String argument, Need need, String debianPackage) {}

  /**
   * Something that was looked for.
   *
   * @param found its version or place; empty if it is missing or doesn't work
   * @param trouble what is wrong with it, and the remedy; empty if nothing is
   * @param debianPackage that brings it; empty where there are several
   */
  public record Finding(
      String what, Need need, Optional<String> found, String trouble, String debianPackage) {
    /** Whether nothing at all can be done without it. */
    public boolean isProblem() {
      return found.isEmpty() && need.equals(Need.EVERY_IMAGE);
    }

    /** The cells of its row, after its name, unless it is a problem. */
    public List<String> cells() {
      return found
          .map(detail -> List.of("ok", detail))
          .orElseGet(() ->
              List.of(
                  "absent",
                  "needed for %s: apt-get install %s".formatted(need.words(), debianPackage)));
    }
  }

  private HostTools(List<Finding> findings) {
    this.findings = findings;
  }

  /** Looks for all of it, by starting the programs. */
  public static HostTools look() throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    for (Tool tool : TOOLS) {
      findings.add(look(tool));
    }
    for (PackageSystem system : PackageSystems.installed().all()) {
      for (HostTool tool : system.hostTools()) {
        findings.add(
            look(new Tool(tool.name(), tool.argument(), Need.of(system), tool.debianPackage())));
      }
    }
    findings.add(uefiFirmware());
    findings.add(libguestfs());
    findings.add(kernel());
    return new HostTools(List.copyOf(findings));
  }

  private static Finding look(Tool tool) throws InterruptedException {
    try {
      String version = Program.of(tool.name(), tool.argument()).run();
      String firstLine = version.lines().findFirst().orElse("");
      return new Finding(
          tool.name(), tool.need(), Optional.of(firstLine), "", tool.debianPackage());
    } catch (ProgramException e) {
      return new Finding(
          tool.name(),
          tool.need(),
          Optional.empty(),
          "%s (needed for %s)".formatted(e.getMessage(), tool.need().words()),
          tool.debianPackage());
    }
  }

  private static Finding uefiFirmware() {
    Optional<String> code = UefiFirmware.find().map(firmware -> firmware.code().toString());
    return new Finding("OVMF", Need.UEFI, code, "", "ovmf");
  }

  private static Finding libguestfs() {
    try {
      return new Finding(
          "libguestfs", Need.EVERY_IMAGE, Optional.of(Guestfs.version()), "", "libguestfs0");
    } catch (GuestfsException e) {
      return new Finding(
          "libguestfs",
          Need.EVERY_IMAGE,
          Optional.empty(),
          String.valueOf(e.getMessage()),
          "libguestfs0");
    }
  }

  private static Finding kernel() {
    return new Finding(
        "appliance's kernel",
        Need.EVERY_IMAGE,
        ApplianceKernel.find().map(Object::toString),
        "this machine has no kernel that libguestfs can boot, as is usual in a container; start"
            + " Regild with ./regild after \"./regild demo\" has fetched one, or apt-get install"
            + " linux-image-cloud-amd64",
        "");
  }

  public List<Finding> findings() {
    return findings;
  }

  /** Whether images can be serviced at all. */
  public boolean areComplete() {
    return findings.stream().noneMatch(Finding::isProblem);
  }

  /** Debian's packages that are missing for the images of a package system. */
  public List<String> missingFor(PackageSystem system) {
    return findings.stream()
        .filter(finding -> finding.need().equals(Need.of(system)) && finding.found().isEmpty())
        .map(Finding::debianPackage)
        .toList();
  }
}
