package dev.regild.job.node;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a node must have to run some jobs. A job keeps the bits in its row, so a constant's bit
 * never changes, and a node does not take a job with a bit that it does not know.
 */
public enum Ability {
  /** The programs that every image needs. */
  TOOLS(0, "tools", "QEMU, libguestfs and bubblewrap"),
  /** Services Linux images in a virtual machine. */
  VM(1, "vm", "the isolation vm"),
  /** Services Linux images in namespaces. */
  NAMESPACE(2, "namespace", "the isolation namespace"),
  KVM(3, "kvm", "KVM"),
  /** Boots disks with UEFI. */
  UEFI(4, "uefi", "OVMF"),
  /** Gives a machine a TPM. */
  TPM(5, "tpm", "swtpm"),
  /** Services Windows images. */
  WINDOWS(6, "windows", "the tools for Windows images (wimlib and others)");

  private final int bit;
  private final String shown;
  private final String words;

  Ability(int bit, String shown, String words) {
    this.bit = bit;
    this.shown = shown;
    this.words = words;
  }

  /** Returns its name where nodes are listed. */
  public String shown() {
    return shown;
  }

  /** Returns what a node has that has this ability. */
  public String words() {
    return words;
  }

  /** Returns the bits of abilities. */
  public static long bits(Collection<Ability> abilities) {
    return abilities.stream().mapToLong(ability -> 1L << ability.bit).reduce(0, (a, b) -> a | b);
  }

  /** Returns the abilities of bits; those of newer versions are left out. */
  public static Set<Ability> of(long bits) {
    return Stream.of(values())
        .filter(ability -> (bits & 1L << ability.bit) != 0)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Ability.class)));
  }

  /** Returns what a node must have, in words: {@code swtpm and OVMF}. */
  static String inWords(long bits) {
    List<String> known = of(bits).stream().map(Ability::words).toList();
    long unknown = bits & ~bits(of(bits));
    Stream<String> newer = unknown == 0 ? Stream.empty() : Stream.of("a newer version of Regild");
    return String.join(" and ", Stream.concat(known.stream(), newer).toList());
  }
}
