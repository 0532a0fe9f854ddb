package dev.regild.job.node;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.job.node.NodeFacts.Condition;
import dev.regild.machine.Accelerator;
import dev.regild.machine.ApplianceKernel;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.machine.HostTool;
import dev.regild.machine.UefiFirmware;
import dev.regild.servicing.Isolation;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What this host has of what jobs need, looked at without starting a program. */
public final class HostAbilities implements Supplier<Condition> {
  private static final List<HostTool> EVERY_IMAGE =
      List.of(
          new HostTool("qemu-img", "--version", "qemu-utils"),
          new HostTool("qemu-system-x86_64", "--version", "qemu-system-x86"),
          new HostTool("prlimit", "--version", "util-linux"),
          new HostTool("bwrap", "--version", "bubblewrap"));

  private static final List<HostTool> FOR_NAMESPACE =
      List.of(
          new HostTool("qemu-storage-daemon", "--version", "qemu-system-common"),
          new HostTool("python3", "--version", "python3"));

  private static final HostTool SWTPM = new HostTool("swtpm", "--version", "swtpm");

  private final Isolation isolation;
  private final Supplier<Optional<Accelerator>> accelerator;
  private final LongSupplier freeBytes;
  private final AtomicReference<@Nullable Boolean> appliances = new AtomicReference<>();

  /**
   * @param isolation in which this node services Linux images
   * @param accelerator empty until it was tried
   */
  public HostAbilities(
      Isolation isolation, Supplier<Optional<Accelerator>> accelerator, LongSupplier freeBytes) {
    this.isolation = isolation;
    this.accelerator = accelerator;
    this.freeBytes = freeBytes;
  }

  @Override
  public Condition get() {
    Optional<Accelerator> known = accelerator.get();
    return new Condition(
        abilities(known), freeBytes.getAsLong(), known.map(Accelerator::name).orElse("unknown"));
  }

  private Set<Ability> abilities(Optional<Accelerator> known) {
    Set<Ability> abilities = EnumSet.noneOf(Ability.class);
    if (!areInstalled(EVERY_IMAGE) || !hasAppliances()) {
      return abilities;
    }
    abilities.add(Ability.TOOLS);
    if (isolation == Isolation.VM) {
      abilities.add(Ability.VM);
    } else if (areInstalled(FOR_NAMESPACE)) {
      abilities.add(Ability.NAMESPACE);
    }
    if (known.filter(it -> it == Accelerator.KVM).isPresent()) {
      abilities.add(Ability.KVM);
    }
    if (UefiFirmware.find().isPresent()) {
      abilities.add(Ability.UEFI);
    }
    if (SWTPM.isInstalled()) {
      abilities.add(Ability.TPM);
    }
    if (PackageSystems.installed().all().stream()
        .map(PackageSystem::hostTools)
        .allMatch(HostAbilities::areInstalled)) {
      abilities.add(Ability.WINDOWS);
    }
    return abilities;
  }

  private static boolean areInstalled(List<HostTool> tools) {
    return tools.stream().allMatch(HostTool::isInstalled);
  }

  /** Once: libguestfs stays loaded. */
  private boolean hasAppliances() {
    Boolean known = appliances.get();
    if (known == null) {
      known = ApplianceKernel.find().isPresent() && isLoaded();
      appliances.set(known);
    }
    return known;
  }

  private static boolean isLoaded() {
    try {
      return !Guestfs.version().isEmpty();
    } catch (GuestfsException e) {
      return false;
    }
  }
}
