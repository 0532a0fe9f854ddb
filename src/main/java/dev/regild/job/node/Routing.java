package dev.regild.job.node;

import dev.regild.channel.PackageSystems;
import dev.regild.db.JobNeeds;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.servicing.Isolation;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a node must have for the jobs that this server accepts.
 *
 * @param isolation in which their updates are made, on whichever node
 * @param kvm whether machines of updates and imports must run under KVM
 */
public record Routing(Isolation isolation, boolean kvm) {
  /** Of a server that runs all jobs itself. */
  public static final Routing ANYWHERE = new Routing(Isolation.VM, false);

  /**
   * Returns what an update needs.
   *
   * @param leastBytes that its files take
   */
  public JobNeeds update(Image existing, long leastBytes) {
    Set<Ability> needed = machines();
    needed.add(servicing(existing.platform().orElse("")));
    existing
        .disk()
        .map(disk -> disk.layout().machine())
        .ifPresent(machine -> {
          if (machine.uefi()) {
            needed.add(Ability.UEFI);
          }
          if (machine.tpm()) {
            needed.add(Ability.TPM);
          }
        });
    return new JobNeeds(Ability.bits(needed), leastBytes);
  }

  /**
   * Returns what an import needs.
   *
   * @param bytes of the uploaded disk
   */
  public JobNeeds importOf(long bytes) {
    return new JobNeeds(Ability.bits(machines()), bytes);
  }

  /** Returns what a job needs that writes a chain of layers as one file. */
  public static JobNeeds rewrite(List<Layer> chain) {
    return new JobNeeds(
        Ability.bits(EnumSet.of(Ability.TOOLS)), chain.stream().mapToLong(Layer::bytes).sum());
  }

  private Set<Ability> machines() {
    return kvm ? EnumSet.of(Ability.TOOLS, Ability.KVM) : EnumSet.of(Ability.TOOLS);
  }

  /** A system that wants tools of its own runs its images as machines, in either isolation. */
  private Ability servicing(String platform) {
    if (PackageSystems.installed()
        .find(platform)
        .filter(system -> !system.hostTools().isEmpty())
        .isPresent()) {
      return Ability.WINDOWS;
    }
    return isolation == Isolation.VM ? Ability.VM : Ability.NAMESPACE;
  }
}
